"""What the scheduler last told of a message, read from its row.

A row that came back stands under its next dispatch, of which nothing may have been told yet; what
was told is then of the dispatch before. Stats takes an event that it knows, or that is older than
what it knows, for nothing new: so it is enough to tell each row's last.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.domain.message_id import born_at

EVENTS_PER_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Row:
    """``told_at``: when the last batch with it was written; ``returned_at``: when it last came
    back."""

    message_id: int
    mailing_id: int
    client_id: int
    timezone: str
    dispatch: int
    state: str
    ended_as: str | None
    reason: str | None
    detail: str | None
    told_at: datetime | None
    returned_at: datetime | None


def retold(rows: Iterable[Row]) -> Iterator[DeliveryEvents]:
    by_kind: dict[Kind, list[DeliveryEvent]] = defaultdict(list)
    for row in rows:
        event = event_of(row)
        by_kind[event.kind].append(event)
    for kind, events in by_kind.items():
        for start in range(0, len(events), EVENTS_PER_MESSAGE):
            chunk = tuple(events[start : start + EVENTS_PER_MESSAGE])
            yield DeliveryEvents(kind=kind, events=chunk)


def event_of(row: Row) -> DeliveryEvent:
    """The row's times are missing where it was written by a former release, or brought back from
    the ledger: then it is dated by its birth."""
    told_at = row.told_at or row.returned_at or born_at(row.message_id)
    if row.state == "queued":
        return _event(row, "queued", row.dispatch, told_at)
    if row.ended_as is not None:
        # One that was brought back keeps its end until it is judged anew.
        dispatch = row.dispatch - (row.state == "held")
        return _event(row, cast(Kind, row.ended_as), dispatch, told_at)
    if row.told_at and row.returned_at and row.told_at <= row.returned_at:
        return _event(row, "queued", row.dispatch - 1, told_at)
    return _event(row, "planned", row.dispatch, told_at)


def _event(row: Row, kind: Kind, dispatch: int, at: datetime) -> DeliveryEvent:
    ended = kind not in ("queued", "planned")
    return DeliveryEvent(
        message_id=row.message_id,
        mailing_id=row.mailing_id,
        client_id=row.client_id,
        timezone=row.timezone,
        dispatch=dispatch,
        kind=kind,
        at=at,
        reason=row.reason if ended else None,
        detail=row.detail if ended else None,
    )
