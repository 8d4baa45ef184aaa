"""When a client may be contacted: the rules of local time.

One definition carries everything. An instant t is allowed when

* it lies in the mailing's interval: ``starts_at <= t < ends_at``. With absolute timing these are
  instants, the same for everybody; with local timing they are wall clocks, and it is what the
  client's wall shows at t that is compared; and
* the wall shows an hour of the window: it lies in ``[day + from, day + to)`` of a day on which the
  window opens, that is one of its ``days`` and no holiday. When ``from > to`` the window runs past
  midnight, into the following day, but belongs to the day it opens: a Friday window 22:00-02:00
  reaches into Saturday and a holiday on that Saturday does not shorten it. Without a window every
  hour of every day but the holidays is allowed.

``openings`` gives exactly the set of allowed instants, as the longest half-open intervals there
are (``00:00-24:00`` on five days is one opening, not five); ``is_open`` tests a single instant by
the definition, without them. What follows when clocks change:

* **A gap** (clocks go forward). No instant has a wall clock in the gap, so an hour in the gap means
  the first instant after it: a window from 02:30 on a day without 02:00-03:00 opens at 03:00, one
  to 02:30 closes when the gap begins, which is the same instant. A window wholly inside the gap
  has no instant on that day and does not open. A zone that skips a whole day skips its windows.
* **A fold** (clocks go back). A repeated hour is in the window both times or neither time. So a
  window opens at the first occurrence of its opening and closes at the last occurrence of its
  closing. When only part of the repeated hour is in the window, the wall leaves and enters it
  again, and there are two openings: a window from 01:30, with 01:00-02:00 repeated, is open from
  the first 01:30 to the first 02:00 and again from the second 01:30. What is sent in the first is
  sent; that nobody is contacted twice is the matter of messages, which have a row each.

**Lateness** is counted from the start of an opening as defined here. The second part of a window
cut in two by a fold is an opening of its own (its wall clock starts anew, too), and an opening of
several days that never close in between has only one start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from shared.domain.offsets import DAY, EPOCH, Moment, Stretch, offset_at, stretch_at
from shared.domain.timetable import Span, Timetable
from shared.domain.windows import WHOLE_DAY, BadWindow, Window
from shared.domain.zones import zone_info

__all__ = [
    "BadWindow",
    "Opening",
    "Schedule",
    "Timing",
    "Window",
    "is_open",
    "next_opening",
    "openings",
    "same_everywhere",
]

_DAY_ZERO = EPOCH.date().toordinal()
_LAST_INSTANT = datetime.max.replace(tzinfo=UTC) - EPOCH
_FIRST_INSTANT = datetime.min.replace(tzinfo=UTC) - EPOCH

# A window with days can stay open for six whole days on end, and for twice that where a zone skips
# the very day on which it is closed (Samoa did in 2011); the rest allows for clock changes.
_LONGEST_OPENING = 15 * DAY


class Timing(StrEnum):
    ABSOLUTE = "absolute"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a mailing may be sent.

    ``starts_at`` and ``ends_at`` are aware when the timing is absolute, naive wall clocks when it
    is local; anything else is a ValueError. ``holidays`` are local dates. ``max_lateness`` is how
    long after an opening a wave may still begin; None is any time while it is open.
    """

    starts_at: datetime
    ends_at: datetime
    timing: Timing
    window: Window | None = None
    holidays: frozenset[date] = frozenset()
    max_lateness: timedelta | None = None

    def __post_init__(self) -> None:
        for moment in (self.starts_at, self.ends_at):
            if (moment.utcoffset() is None) is not (self.timing is Timing.LOCAL):
                raise ValueError(f"{self.timing} timing does not go with {moment.isoformat()}")


@dataclass(frozen=True, slots=True)
class Opening:
    """Aware UTC instants, half-open."""

    opens_at: datetime
    closes_at: datetime


def openings(schedule: Schedule, zone: str, since: datetime | None = None) -> Iterator[Opening]:
    """All openings in the zone, in order, disjoint and apart; ``since`` an instant, what of them
    lies behind it.

    Lazy: a schedule of centuries costs what is taken of it. The zone is a canonical name; another
    one raises UnknownZone as soon as its clock matters.
    """
    timetable = _timetable(schedule)
    first = timetable.first if since is None else max(timetable.first, since - EPOCH)
    return _openings(timetable, zone, first)


def next_opening(
    schedule: Schedule, zone: str, now: datetime, *, begun: bool = False
) -> Opening | None:
    """The opening that contains ``now``, else the first one after; None when none is left.

    A wave that has not ``begun`` passes over an opening that is open already for longer than the
    schedule's ``max_lateness``.
    """
    timetable = _timetable(schedule)
    since = timetable.first
    if not timetable.window.never_closes:
        since = max(since, now - EPOCH - _LONGEST_OPENING)
    patience = None if begun else schedule.max_lateness
    for opening in _openings(timetable, zone, since):
        in_time = patience is None or now - opening.opens_at <= patience
        if now < opening.closes_at and in_time:
            return opening
    return None


def same_everywhere(schedule: Schedule) -> bool:
    """Whether no clock matters: the openings are the same instants in every zone."""
    timetable = _timetable(schedule)
    return not timetable.local and timetable.window.never_closes and not timetable.holidays


def is_open(schedule: Schedule, zone: str, instant: datetime) -> bool:
    """Whether a client of the zone may be contacted at this instant."""
    at = instant - EPOCH
    return _timetable(schedule).allows(at, offset_at(zone_info(zone), at))


def _openings(timetable: Timetable, zone: str, since: Moment) -> Iterator[Opening]:
    for opens, closes in _joined(_spans(timetable, zone, since)):
        opens, closes = max(opens, _FIRST_INSTANT), min(closes, _LAST_INSTANT)
        if opens < closes:
            yield Opening(EPOCH + opens, EPOCH + closes)


def _spans(timetable: Timetable, zone: str, since: Moment) -> Iterator[Span]:
    """The allowed UTC moments from ``since`` on, in order, some spans touching."""
    while since < timetable.last:
        until = timetable.open_everywhere_until(since)
        if since < until:
            yield since, until
        else:
            stretch = stretch_at(zone, since)
            until = stretch.until
            yield from timetable.spans_in(Stretch(since, until, stretch.offset))
        since = until


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Touching spans made one."""
    joined: Span | None = None
    for span in spans:
        if joined is None:
            joined = span
        elif joined[1] == span[0]:
            joined = joined[0], span[1]
        else:
            yield joined
            joined = span
    if joined is not None:
        yield joined


@lru_cache(maxsize=1024)  # mailings under way at a time; each is asked about in hundreds of zones
def _timetable(schedule: Schedule) -> Timetable:
    local = schedule.timing is Timing.LOCAL
    starts, ends = (_moment(bound) for bound in (schedule.starts_at, schedule.ends_at))
    holidays = frozenset(holiday.toordinal() - _DAY_ZERO for holiday in schedule.holidays)
    edges = {DAY * day for holiday in holidays for day in (holiday, holiday + 1)}
    return Timetable(
        starts=starts,
        ends=ends,
        local=local,
        window=schedule.window or WHOLE_DAY,
        holidays=holidays,
        edges=tuple(sorted(edges | {starts, ends} if local else edges)),
    )


def _moment(bound: datetime) -> Moment:
    """Since the epoch: of UTC when the bound is aware, of the wall when it is naive."""
    return bound - (EPOCH.replace(tzinfo=None) if bound.utcoffset() is None else EPOCH)
