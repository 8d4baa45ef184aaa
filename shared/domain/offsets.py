"""How far a zone's clock is from UTC, as stretches of time in which that does not change.

Instants and wall clocks are counted here as a *moment*: a timedelta since 1970-01-01T00:00, of UTC
or of the wall. Sums of moments are exact to the microsecond and, unlike those of datetimes, never
overflow at the ends of the calendar.

zoneinfo answers for one instant and does not tell when its answer changes, so changes are found by
asking once a day and halving between two days that differ. Two changes on one day are found as
long as they do not undo each other, which no zone has ever done. The answers are kept per zone and
block of days, so planning a mailing of three weeks asks a zone some sixty times, once.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from shared.domain.zones import zone_info

Moment = timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

# Python keeps every offset below a day, so two days from the ends of the calendar no zone overflows
# it; nearer than that, the offset of the last safe moment stands.
_EARLIEST_ASKED = datetime.min.replace(tzinfo=UTC) - EPOCH + 2 * DAY
_LATEST_ASKED = datetime.max.replace(tzinfo=UTC) - EPOCH - 2 * DAY

_DAYS_PER_BLOCK = 60


@dataclass(frozen=True, slots=True)
class Stretch:
    """UTC moments ``[since, until)`` at which the wall shows UTC plus ``offset``."""

    since: Moment
    until: Moment
    offset: timedelta


def offset_at(zone: tzinfo, at: Moment) -> timedelta:
    """The zone's distance from UTC at a UTC moment, asked of the zone itself."""
    utc = EPOCH + min(max(at, _EARLIEST_ASKED), _LATEST_ASKED)
    return utc.astimezone(zone).utcoffset() or timedelta()


def stretch_at(zone: str, at: Moment) -> Stretch:
    """The stretch that holds a UTC moment. Raises UnknownZone.

    It may end before the offset changes (where a block of days ends), never after.
    """
    stretches = _stretches_of(zone, at // (_DAYS_PER_BLOCK * DAY))
    return next(stretch for stretch in stretches if at < stretch.until)


@lru_cache(maxsize=8192)  # two years of every zone, a few megabytes
def _stretches_of(zone: str, block: int) -> tuple[Stretch, ...]:
    info = zone_info(zone)
    since, end = block * _DAYS_PER_BLOCK * DAY, (block + 1) * _DAYS_PER_BLOCK * DAY
    stretches = []
    for change in _changes(info, since, end):
        stretches.append(Stretch(since, change, offset_at(info, since)))
        since = change
    return (*stretches, Stretch(since, end, offset_at(info, since)))


def _changes(zone: tzinfo, since: Moment, until: Moment) -> Iterator[Moment]:
    """The moments in ``(since, until)`` at which the offset becomes another, in order."""
    offset = offset_at(zone, since)
    while since < until:
        tomorrow = since + DAY
        later = offset_at(zone, tomorrow)
        while offset != later:
            since = _first_other(zone, since, offset)
            offset = offset_at(zone, since)
            if since < until:
                yield since
        since = tomorrow


def _first_other(zone: tzinfo, since: Moment, offset: timedelta) -> Moment:
    """The first second of the coming day at which the offset is another than ``offset``."""
    seconds = DAY // SECOND
    changed = bisect_left(
        range(seconds), True, key=lambda second: offset_at(zone, since + second * SECOND) != offset
    )
    return since + changed * SECOND
