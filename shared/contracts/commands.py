"""The one command there is: send these messages. Per client inside, per envelope on the broker."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, TypeAdapter

from shared.contracts.base import Message, Part

# When a question's time was over: whoever reads it as a command makes no call.
LONG_OVER = datetime(2000, 1, 1, tzinfo=UTC)


class Grounds(Part):
    """Why these calls are allowed: the opening they belong to, as the scheduler reckoned it.

    ``timezone`` is the client's, by whose clock the opening was found; the wave's, unless the
    client has moved since. ``opens_at`` and ``closes_at`` carry that zone's offset, as it was found
    in the ``tzdata`` release. ``text_revision`` is the mailing's revision whose text is sent.
    """

    mailing_id: int
    timezone: str
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    tzdata: str
    text_revision: int


class SendCommand(Part):
    """Give one message to the provider.

    ``attempt`` is the call that is due, counted from 1 within the dispatch. ``unknown`` says
    that the outcome of an earlier attempt of this dispatch was never learnt. ``text`` is this
    client's own; None where all clients of the envelope get the same.
    """

    message_id: int
    client_id: int
    client_revision: int
    address: str
    dispatch: int = 1
    attempt: int = 1
    unknown: bool = False
    text: str | None = None


class SendMessages(Message):
    """An envelope: commands of one mailing and zone, with what they share written once.

    No call starts at or after ``not_after``: the client's window, or the mailing, is over then.
    ``grounds`` is None for trials, which keep no hours.

    ``question``: the ends of these messages were never heard of. Nobody is called; what is known is
    told again, and what nobody knows of goes back. It has no text and no addresses, and its
    ``not_after`` is ``LONG_OVER``.
    """

    mailing_id: int
    mailing_revision: int
    timezone: str
    channel: str = "sms"
    text: str
    not_after: AwareDatetime
    grounds: Grounds | None = None
    question: bool = False
    commands: tuple[SendCommand, ...]


class SendTogether(Message):
    """Envelopes that travel as one: where zones are small, each would be nearly empty."""

    envelopes: tuple[SendMessages, ...] = Field(min_length=1)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Reads an envelope that travels alone, too: both come the same way."""
        read = _EITHER.validate_json(body)
        return (
            cls(envelopes=(read,)) if isinstance(read, SendMessages) else cls.model_validate(read)
        )


_EITHER: TypeAdapter[SendMessages | SendTogether] = TypeAdapter(
    Annotated[SendMessages | SendTogether, Field(union_mode="left_to_right")]
)
