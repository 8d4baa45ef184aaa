"""Waves made anew after the plan was lost: every zone is gone through from its first client, which
passes over everybody with a row.

How far a wave had come is not known any more. But it has begun if there are rows of it, and the
newest tells when: so it is not late for the opening in which it was interrupted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.scheduler.domain.waves import Standing, judge
from shared.contracts.mailings import MailingChanged
from shared.domain.message_id import born_at

# Before there were any waves. A wave changes less often than once a second, so the seconds since
# then are ahead of every seq that was counted, in the plan that is lost and in one made from here.
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Taken:
    """What there is of a zone: its rows, and the newest of them (0: none)."""

    rows: int
    newest: int


@dataclass(frozen=True, slots=True)
class Replanned:
    zone: str
    size: int
    rows: int
    begun_at: datetime | None
    standing: Standing


def seq_ahead(now: datetime) -> int:
    return int((now - _BEGINNING).total_seconds())


def replan(
    mailing: MailingChanged, counts: Mapping[str, int], taken: Mapping[str, Taken], now: datetime
) -> list[Replanned]:
    """``counts``: who is meant, by zone."""
    zones = sorted(counts.keys() | taken.keys())
    return [_wave(mailing, zone, counts.get(zone, 0), taken.get(zone), now) for zone in zones]


def _wave(
    mailing: MailingChanged, zone: str, count: int, taken: Taken | None, now: datetime
) -> Replanned:
    rows = 0 if taken is None else taken.rows
    begun_at = None if taken is None else born_at(taken.newest)
    standing = judge(mailing, zone, now, begun_at=begun_at).shut()
    return Replanned(zone, max(rows, count), rows, begun_at, standing)
