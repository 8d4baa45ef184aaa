"""The one command there is: send these messages. Per client inside, per envelope on the broker."""

from pydantic import AwareDatetime

from shared.contracts.base import Message, Part


class SendCommand(Part):
    """Give one message to the provider.

    ``attempt`` is the call that is due, counted from 1 within the dispatch. ``unknown`` says
    that the outcome of an earlier attempt of this dispatch was never learnt.
    """

    message_id: int
    client_id: int
    client_revision: int
    address: str
    dispatch: int = 1
    attempt: int = 1
    unknown: bool = False


class SendMessages(Message):
    """An envelope: commands of one mailing and zone, with what they share written once.

    No call starts at or after ``not_after``: the client's window, or the mailing, is over then.
    """

    mailing_id: int
    mailing_revision: int
    timezone: str
    channel: str = "sms"
    text: str
    not_after: AwareDatetime
    commands: tuple[SendCommand, ...]
