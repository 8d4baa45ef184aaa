"""Where a message stands, and what a batch of events changes.

Events arrive in any order, and again. A status only moves to a greater (dispatch, attempt, step),
so whatever the order the same events lead to the same end, and a repeated one changes nothing.
What a receipt has said of a message (``receipts``) outlasts what is told of the same dispatch, and
that it was delivered outlasts everything: its position moves on beneath.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from services.stats.domain.dead_letters import DEAD
from shared.contracts.delivery import STEP, DeliveryEvent, status_after
from shared.contracts.replays import RESOLVED
from shared.contracts.statuses import Status
from shared.contracts.trials import NO_MAILING

Position = tuple[int, int, int]

# As names of this module, and compared by identity: this is done for every message.
_SENT, _DELIVERED, _UNDELIVERED = Status.SENT, Status.DELIVERED, Status.UNDELIVERED


# Standings and cells are tuples: thousands a second are made and hashed.
class Standing(NamedTuple):
    """One message as its newest event left it; ``sent_at`` is when it was first accepted,
    ``http_status`` what the call was answered with that it failed by, or is unknown by."""

    message_id: int
    mailing_id: int
    client_id: int
    timezone: str
    status: Status
    dispatch: int
    attempt: int
    step: int
    reason: str | None
    detail: str | None
    sent_at: datetime | None
    updated_at: datetime
    next_attempt_at: datetime | None
    http_status: int | None = None

    @property
    def position(self) -> Position:
        return self[5:8]


class Cell(NamedTuple):
    """One number of the books: how many messages of a mailing and zone have this status."""

    mailing_id: int
    timezone: str
    status: Status


@dataclass(frozen=True, slots=True)
class SentSpan:
    """The first and last acceptance that a batch tells of."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What a batch of events does to the books, ready to be written.

    ``born`` are messages of which nothing was known, ``changed`` all others that are written anew;
    ``shifts`` are differences, never zero; ``sent`` counts messages per mailing and second (of the
    Unix epoch); ``applied`` counts the events that moved a message, ``stale`` the others.
    """

    born: tuple[Standing, ...] = ()
    changed: tuple[Standing, ...] = ()
    shifts: Mapping[Cell, int] = field(default_factory=dict)
    sent: Mapping[tuple[int, int], int] = field(default_factory=dict)
    spans: Mapping[int, SentSpan] = field(default_factory=dict)
    applied: int = 0
    stale: int = 0

    @property
    def standings(self) -> tuple[Standing, ...]:
        return self.born + self.changed


def advance(current: Standing | None, event: DeliveryEvent) -> Standing:
    """Where the message stands after the event; ``current`` itself when nothing changes.

    An acceptance that comes late does not move the status any more, but it did happen.
    """
    at = event.at.astimezone(UTC)  # once: any other zone is asked for its offset at every use
    accepted_at = at if _is_acceptance(event) else None
    if current is None:
        return _standing(event, at, accepted_at)
    sent_at = _earlier(current.sent_at, accepted_at)
    position = (event.dispatch, event.attempt, STEP[event.kind])
    if position > current.position or (position == current.position and _put_off(current, event)):
        moved = _standing(event, at, sent_at)
        was = current.status
        if was is _DELIVERED or was is _UNDELIVERED:
            return _still_received(current, moved)
        return moved
    return current if sent_at == current.sent_at else current._replace(sent_at=sent_at)


def _still_received(current: Standing, moved: Standing) -> Standing:
    if current.status is _UNDELIVERED and moved.dispatch > current.dispatch:
        return moved
    return moved._replace(
        status=current.status,
        reason=current.reason,
        detail=current.detail,
        updated_at=current.updated_at,
        next_attempt_at=None,
        http_status=None,
    )


def _put_off(current: Standing, event: DeliveryEvent) -> bool:
    """A call that uses up no attempt (throttled, or a probe of an outage) is followed by another
    with the same number. What it says is newer when the next call is later; of two for the same
    instant, the later one; and of two at once whichever the words put last, so that the order in
    which they are heard does not matter."""
    if event.kind != "retrying" or event.next_attempt_at is None:
        return False
    if current.next_attempt_at is None:
        return True
    said = (current.next_attempt_at, current.updated_at, current.reason or "", current.detail or "")
    return (event.next_attempt_at, event.at, event.reason or "", event.detail or "") > said


def fold(known: Mapping[int, Standing], events: Iterable[DeliveryEvent]) -> Change:
    """known: the standings of the messages the events are about, as far as there are any."""
    standings: dict[int, Standing] = {}
    sent: Counter[tuple[int, int]] = Counter()
    acceptances: defaultdict[int, list[datetime]] = defaultdict(list)
    applied = stale = 0
    for event in events:
        before = standings.get(event.message_id) or known.get(event.message_id)
        after = advance(before, event)
        if after is not before:
            standings[event.message_id] = after
        moved = before is None or after.position != before.position
        applied, stale = applied + moved, stale + (not moved)
        if _is_acceptance(event) and event.mailing_id != NO_MAILING:
            at = after.updated_at if moved and after.status is _SENT else event.at
            acceptances[event.mailing_id].append(at)
            sent[event.mailing_id, int(at.timestamp())] += moved
    return Change(
        born=tuple(each for each in standings.values() if each.message_id not in known),
        changed=tuple(each for each in standings.values() if each.message_id in known),
        shifts=shifts(known, standings.values()),
        sent={key: count for key, count in sent.items() if count},
        spans={of: SentSpan(min(at), max(at)) for of, at in acceptances.items()},
        applied=applied,
        stale=stale,
    )


def shifts(known: Mapping[int, Standing], changed: Iterable[Standing]) -> dict[Cell, int]:
    """A message that moved to another zone is taken out of the old one's books. Trials are in
    nobody's."""
    shifts: Counter[tuple[int, str, Status]] = Counter()
    for after in changed:
        if after.mailing_id == NO_MAILING:
            continue
        before = known.get(after.message_id)
        if before is not None:
            shifts[before.mailing_id, before.timezone, before.status] -= 1
        shifts[after.mailing_id, after.timezone, after.status] += 1
    return {Cell(*cell): difference for cell, difference in shifts.items() if difference}


def _standing(event: DeliveryEvent, at: datetime, sent_at: datetime | None) -> Standing:
    """Fields in their order: their names would cost as much again."""
    kind = event.kind
    return Standing(
        event.message_id,
        event.mailing_id,
        event.client_id,
        event.timezone,
        status_after(kind),
        event.dispatch,
        event.attempt,
        STEP[kind],
        event.reason,
        event.detail,
        sent_at,
        at,
        event.next_attempt_at,
        event.http_status if kind in DEAD else None,
    )


def _is_acceptance(event: DeliveryEvent) -> bool:
    """A person who says that it was sent does not say when."""
    return event.kind == "sent" and event.reason != RESOLVED


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other
