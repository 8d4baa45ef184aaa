"""What is told by webhooks: what became of a mailing, and of its messages.

Ids, statuses, reasons and instants; never a text, a number or a name. Every event has an id, by
which who is told of it twice knows it again.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.api.domain.keys import new_key
from services.api.domain.mailings import Mailing, MailingState
from services.api.domain.webhooks import EventType, Webhook
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.receipts import Outcome, Receipt

# Told in one request: together less than the 100 KB that many receivers take at most.
MOST_EVENTS = 200
PING = "ping"
# Of all messages together, the type of what is sent.
EVENTS = "events"

_OF_MAILING = {
    MailingState.SCHEDULED: EventType.MAILING_SCHEDULED,
    MailingState.RUNNING: EventType.MAILING_RUNNING,
    MailingState.PAUSED: EventType.MAILING_PAUSED,
    MailingState.FINISHED: EventType.MAILING_FINISHED,
    MailingState.CANCELLED: EventType.MAILING_CANCELLED,
}
# What a message may come to, by the kind of the event that says so.
OF_MESSAGE: dict[Kind, EventType] = {
    "sent": EventType.MESSAGE_SENT,
    "failed": EventType.MESSAGE_FAILED,
    "unknown": EventType.MESSAGE_UNKNOWN,
    "expired": EventType.MESSAGE_EXPIRED,
    "suppressed": EventType.MESSAGE_SUPPRESSED,
    "cancelled": EventType.MESSAGE_CANCELLED,
}

_OF_RECEIPT: dict[Outcome, EventType] = {
    "delivered": EventType.MESSAGE_DELIVERED,
    "undelivered": EventType.MESSAGE_UNDELIVERED,
}


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    type: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events as they are sent, with commas between; ``types``: of which there are some."""

    events: int
    types: frozenset[str]
    body: str


def of_mailing(before: Mailing | None, after: Mailing, now: datetime) -> list[Event]:
    """``before``: None when it is new."""
    return [_of_mailing(kind, after, now) for kind in _kinds(before, after)]


def _kinds(before: Mailing | None, after: Mailing) -> Iterator[EventType]:
    if before is None:
        yield EventType.MAILING_CREATED
    elif (before.name, before.spec) != (after.name, after.spec):
        yield EventType.MAILING_CHANGED
    was = MailingState.DRAFT if before is None else before.state
    if after.state is not was and after.state in _OF_MAILING:
        yield _OF_MAILING[after.state]
    if after.deleted_at is not None and (before is None or before.deleted_at is None):
        yield EventType.MAILING_DELETED


def _of_mailing(kind: EventType, mailing: Mailing, now: datetime) -> Event:
    data = {
        "mailing_id": mailing.id,
        "department_id": mailing.spec.department_id,
        "state": mailing.state.value,
        "revision": mailing.revision,
    }
    return Event(f"evt_{new_key()}", kind.value, now, data)


def of_messages(message: DeliveryEvents) -> list[Event]:
    """The id is made of what makes it that event, so that it is the same whenever it is heard of.
    Messages of test-sends belong to no mailing, and nobody is told of them."""
    kind = OF_MESSAGE.get(message.kind)
    if kind is None:
        return []
    return [_of_message(kind, one) for one in message.events if one.mailing_id]


def _of_message(kind: EventType, one: DeliveryEvent) -> Event:
    data = {
        "message_id": one.message_id,
        "mailing_id": one.mailing_id,
        "client_id": one.client_id,
        "timezone": one.timezone,
        "status": one.kind,
        "reason": one.reason,
        "http_status": one.http_status,
        "dispatch": one.dispatch,
        "attempt": one.attempt,
    }
    id_ = f"evt_{one.message_id}_{one.dispatch}_{one.attempt}_{one.kind}"
    return Event(id_, kind.value, one.at, data)


def of_receipts(receipts: Iterable[Receipt]) -> list[Event]:
    """The same receipt that is brought again is the same event."""
    return [_of_receipt(one) for one in receipts]


def _of_receipt(one: Receipt) -> Event:
    data = {"message_id": one.message_id, "status": one.status, "reason": one.reason}
    id_ = f"evt_{one.message_id}_{one.status}_{int(one.at.timestamp())}"
    return Event(id_, _OF_RECEIPT[one.status].value, one.at, data)


def of_ping(now: datetime) -> Event:
    return Event(f"evt_{new_key()}", PING, now, {})


def wanted_of(
    webhook: Webhook, events: Iterable[Event], departments: Mapping[int, int | None]
) -> list[Event]:
    """Those that it is to be told of; ``departments``: of the mailings. What was before somebody
    subscribed is heard again when books are told anew, and is nothing that they asked for."""
    wanted = webhook.wanted
    asked = (one for one in events if one.type in wanted.events and one.at >= webhook.created_at)
    if not wanted.is_narrowed:
        return list(asked)
    mailings = ((event, event.data.get("mailing_id")) for event in asked)
    return [event for event, id_ in mailings if id_ and wanted.includes(id_, departments.get(id_))]


def chunks(events: Sequence[Event]) -> Iterator[Chunk]:
    for start in range(0, len(events), MOST_EVENTS):
        part = events[start : start + MOST_EVENTS]
        body = ",".join(map(_written, part))
        yield Chunk(len(part), frozenset(event.type for event in part), body)


def body_of(parts: Collection[Chunk], now: datetime) -> bytes:
    """What is sent; the same each time that it is."""
    events = ",".join(part.body for part in parts)
    head = f'{{"type":"{EVENTS}","timestamp":"{_instant(now)}","data":{{"events":['
    return f"{head}{events}]}}}}".encode()


def _written(event: Event) -> str:
    told = {"id": event.id, "type": event.type, "timestamp": _instant(event.at), "data": event.data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
