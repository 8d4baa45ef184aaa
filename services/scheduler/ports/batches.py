"""Messages written down together, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from services.scheduler.domain.returned import Client
from shared.contracts.mailings import MailingChanged
from shared.domain.templates import Recipient

BatchKind = Literal[
    "queued", "planned", "expired", "suppressed", "cancelled", "unknown", "sent", "failed"
]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a message now: the event that is told of it. ``detail``: a sentence."""

    kind: BatchKind
    reason: str | None = None
    detail: str | None = None


QUEUED = Fate("queued")


class Member(NamedTuple):
    """A message of a batch, with its client as the copy has them.

    ``recipient`` is there when the mailing's text is a template. ``text``: this client's own;
    None when it is the mailing's, the same for all. ``text_revision``: the mailing's revision the
    text is of, when a call said it whose answer was lost. ``text_sha256``: of what such a call
    said, when nobody here knows the text. ``returned_at``: when the senders last gave the message
    back, or a person wanted it sent again.
    """

    message_id: int
    client_id: int
    client_revision: int
    address: str
    zone: str
    dispatch: int
    client: Client
    recipient: Recipient | None = None
    text: str | None = None
    text_revision: int | None = None
    text_sha256: str | None = None
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Messages of a mailing that came back. ``ends_at``: the deadline of their own that all of them
    have; the mailing is as it is for them."""

    mailing: MailingChanged
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that were written down together and are now to be told of together.

    It stays in the store until it was: the row is its own outbox.
    """

    id: int
    mailing: MailingChanged
    fate: Fate
    members: Sequence[Member]
    written_at: datetime
