"""What becomes of a message that came back from the senders."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.scheduler.domain.waves import Phase, judge
from shared.contracts.commands import Grounds
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.mailings import FilterSpec, MailingChanged, MailingSpec

CLIENT_DELETED = "client_deleted"
BLOCKED = "blocked"
NOT_IN_AUDIENCE = "not_in_audience"

# A channel that stopped needs its operator, or the provider some time.
PAUSE_AFTER_STOPPED_CHANNEL = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Emit:
    """Hand it out again, before ``not_after``."""

    not_after: datetime


@dataclass(frozen=True, slots=True)
class HoldUntil:
    """Its client's window is closed; look again when it opens."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class End:
    """With the reason that a person reads."""

    kind: Literal["expired", "cancelled", "suppressed"]
    reason: str


Verdict = Emit | HoldUntil | End


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a returned message as the copy has them now."""

    deleted: bool
    zone: str
    operator_code: str
    tags: Collection[str]
    blocked: bool = False


def due_after(event: DeliveryEvent, grounds: Grounds | None, now: datetime) -> datetime:
    """When a returned message may first be looked at again. For one whose next try would have come
    too late for its opening, that is when the opening is over: a try at once would be one of many,
    at a provider that has just failed."""
    if event.reason == "channel_stopped":
        return now + PAUSE_AFTER_STOPPED_CHANNEL
    if event.reason == "window_closed" and grounds is not None:
        return max(now, grounds.closes_at)
    return now


def decide(
    mailing: MailingChanged, client: Client, now: datetime, *, returned_at: datetime | None
) -> Verdict:
    """``returned_at``: when the senders last gave it back; None when it was never theirs. It is
    not late for the opening in which it was already on its way."""
    if client.deleted:
        return End("cancelled", CLIENT_DELETED)
    if client.blocked:
        return End("suppressed", BLOCKED)
    standing = judge(mailing, client.zone, now, begun_at=returned_at)
    if standing.phase is Phase.SETTLING:
        over: Literal["expired", "cancelled"] = (
            "expired" if standing.rest == "expired" else "cancelled"
        )
        return End(over, standing.reason or "")
    if not is_meant(mailing.spec, client):
        return End("cancelled", NOT_IN_AUDIENCE)
    if standing.phase is Phase.PENDING and standing.opens_at is not None:
        return HoldUntil(standing.opens_at)
    return Emit(standing.closes_at or now)


def is_meant(spec: MailingSpec, client: Client) -> bool:
    """Who was in a frozen audience stays in it, whatever became of their tags."""
    return spec.audience == "frozen" or matches(spec.filter, client)


def matches(filter_: FilterSpec, client: Client) -> bool:
    """Tags match any of; both given, both must match; both null, everybody."""
    codes, tags = filter_.operator_codes, filter_.tags
    return (codes is None or client.operator_code in codes) and (
        tags is None or not set(tags).isdisjoint(client.tags)
    )
