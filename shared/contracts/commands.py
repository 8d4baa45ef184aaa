"""The one command there is: send these messages. Per client inside, per envelope on the broker."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AwareDatetime, Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema

from shared.contracts.base import Message, Part
from shared.contracts.columns import Column, Columns, as_object, by_columns

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


class SendCommand(NamedTuple):
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

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return as_object(cls, handler)


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
        """Reads them by columns, and an envelope that travels alone, too: all come the same way."""
        return cls(envelopes=_envelopes(_ANY.validate_json(body)))


class CommandColumns(Columns):
    """As in ``SendCommand``."""

    client_id: Column[int]
    client_revision: Column[int]
    address: Column[str]
    dispatch: Column[int] = 1
    attempt: Column[int] = 1
    unknown: Column[bool] = False
    text: Column[str | None] = None


class EnvelopeInColumns(Part):
    """As in ``SendMessages``, of which this is the second version."""

    mailing_id: int
    mailing_revision: int
    timezone: str
    channel: str
    text: str
    not_after: AwareDatetime
    grounds: Grounds | None = None
    question: bool = False
    commands: CommandColumns


class EnvelopesInColumns(Message):
    """``SendTogether`` as the scheduler sends it: the commands of each envelope by columns."""

    version: Literal[2] = 2  # type: ignore[assignment]

    envelopes: tuple[EnvelopeInColumns, ...] = Field(min_length=1)

    @classmethod
    def of(cls, envelopes: Iterable[SendMessages]) -> Self:
        """None of them is empty."""
        return cls.model_validate({"envelopes": tuple(map(_in_columns, envelopes))})

    def rows(self) -> tuple[SendMessages, ...]:
        return tuple(map(_in_rows, self.envelopes))


def _in_columns(envelope: SendMessages) -> dict[str, Any]:
    return {**envelope.__dict__, "commands": by_columns(envelope.commands)}


def _in_rows(envelope: EnvelopeInColumns) -> SendMessages:
    commands = envelope.commands.rows(SendCommand)
    return SendMessages.model_construct(**{**envelope.__dict__, "commands": commands})


# First what there is the most of: what is tried in vain becomes an error, with all it holds.
def _envelopes(
    read: EnvelopesInColumns | SendMessages | SendTogether,
) -> tuple[SendMessages, ...]:
    match read:
        case EnvelopesInColumns():
            return read.rows()
        case SendTogether():
            return read.envelopes
        case SendMessages():
            return (read,)


_ANY: TypeAdapter[EnvelopesInColumns | SendMessages | SendTogether] = TypeAdapter(
    Annotated[EnvelopesInColumns | SendMessages | SendTogether, Field(union_mode="left_to_right")]
)
