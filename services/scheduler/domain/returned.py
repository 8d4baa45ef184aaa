"""What becomes of a message that came back from the senders."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.scheduler.domain.waves import Phase, judge
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.mailings import FilterSpec, MailingChanged

CLIENT_DELETED = "client_deleted"
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
    """``expired`` or ``cancelled``, with the reason that a person reads."""

    kind: str
    reason: str


Verdict = Emit | HoldUntil | End


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a returned message as the copy has them now."""

    deleted: bool
    zone: str
    operator_code: str
    tags: Collection[str]


def due_after(event: DeliveryEvent, now: datetime) -> datetime:
    """When a returned message may first be looked at again."""
    return now + PAUSE_AFTER_STOPPED_CHANNEL if event.reason == "channel_stopped" else now


def decide(mailing: MailingChanged, client: Client, now: datetime) -> Verdict:
    if client.deleted:
        return End("cancelled", CLIENT_DELETED)
    standing = judge(mailing, client.zone, now, begun=True)
    if standing.phase is Phase.SETTLING:
        return End(standing.rest, standing.reason or "")
    if not matches(mailing.spec.filter, client):
        return End("cancelled", NOT_IN_AUDIENCE)
    if standing.phase is Phase.PENDING and standing.opens_at is not None:
        return HoldUntil(standing.opens_at)
    return Emit(standing.closes_at or now)


def matches(filter_: FilterSpec, client: Client) -> bool:
    """Tags match any of; both given, both must match; both null, everybody."""
    codes, tags = filter_.operator_codes, filter_.tags
    return (codes is None or client.operator_code in codes) and (
        tags is None or not set(tags).isdisjoint(client.tags)
    )
