"""What a person decides about messages that ended ``failed`` or ``unknown``.

Each message is named with the dispatch that the person saw: nothing happens to one that has a
later one by now, so a request that is made or delivered twice is done once.
"""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.base import Message, Part

# Messages named in one event: each is a row to be changed in the one transaction that applies it.
MESSAGES_AT_ONCE = 500
# The reason of the event that ends a message as a person has resolved it.
RESOLVED = "resolved"


class Replay(Part):
    """``text_sha256``: of the text of a call that may have been accepted, in hexadecimal digits;
    another call must say the same."""

    message_id: int
    dispatch: int
    text_sha256: str | None = None


class MessagesReplayed(Message):
    """Send these again, under their next dispatch and by the mailing as of ``revision``.

    ``ends_at``: the deadline of these messages in place of their mailing's, written as that is
    (naive wall clock when its timing is local); None for the mailing's own.
    """

    routing_key: ClassVar[str] = "mailing.replayed"

    mailing_id: int
    revision: int
    ends_at: datetime | None = None
    messages: tuple[Replay, ...]


class Resolved(Part):
    message_id: int
    dispatch: int


class MessagesResolved(Message):
    """Whether these were sent is known by now: ``unknown`` until then, they end as ``as``."""

    routing_key: ClassVar[str] = "mailing.resolved"

    mailing_id: int
    at: AwareDatetime
    as_: Literal["sent", "failed"] = Field(alias="as", serialization_alias="as")
    messages: tuple[Resolved, ...]
