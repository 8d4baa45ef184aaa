"""Rows of the ledger told once more, as the events they were.

The ledger has of a message its last outcome alone, without the grounds and the text of the call:
attempts before it, and the proof, are nowhere but with whoever heard of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.ledger import LedgerRow

EVENTS_PER_MESSAGE = 500


def retold(rows: Sequence[LedgerRow]) -> Iterator[DeliveryEvents]:
    """Of the rows with an outcome; what is claimed will tell of itself."""
    by_kind: dict[Kind, list[DeliveryEvent]] = defaultdict(list)
    for row in rows:
        if row.state != "claimed" and row.called is not None and row.happened_at is not None:
            by_kind[row.state].append(event_of(row, row.state))
    for kind, events in by_kind.items():
        for start in range(0, len(events), EVENTS_PER_MESSAGE):
            chunk = tuple(events[start : start + EVENTS_PER_MESSAGE])
            yield DeliveryEvents(kind=kind, events=chunk)


def event_of(row: LedgerRow, kind: Kind) -> DeliveryEvent:
    event = DeliveryEvent(
        **row.model_dump(exclude={"attempt", "state", "called", "happened_at", "uncertain"})
        | {"kind": kind, "attempt": row.called, "at": row.happened_at}
    )
    if kind == "sent":
        # What is left in the row is about an earlier attempt.
        return event._replace(reason=None, next_attempt_at=None)
    return event._replace(uncertain=row.uncertain and kind == "returned")
