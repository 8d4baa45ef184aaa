"""A schedule reduced to arithmetic: which wall clocks it allows, and for how long.

Everything is a moment (see ``offsets``); days are counted from 1970-01-01, day 0, a Thursday.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.offsets import DAY, Moment, Stretch
from shared.domain.windows import Window

_MINUTE = timedelta(minutes=1)
_WEEKDAY_OF_DAY_ZERO = 3

Span = tuple[Moment, Moment]


@dataclass(frozen=True, slots=True)
class Timetable:
    """``starts`` and ``ends`` are wall moments when ``local``, UTC moments otherwise.

    ``edges`` are the wall moments, in order, at which anything but the window changes its mind.
    """

    starts: Moment
    ends: Moment
    local: bool
    window: Window
    holidays: frozenset[int]
    edges: tuple[Moment, ...]

    @property
    def first(self) -> Moment:
        """No UTC moment before it is allowed in any zone: no clock is a day from UTC."""
        return self.starts - DAY if self.local else self.starts

    @property
    def last(self) -> Moment:
        """No UTC moment from it on is allowed in any zone."""
        return self.ends + DAY if self.local else self.ends

    def opens_on(self, day: int) -> bool:
        days = self.window.days
        weekday = (day + _WEEKDAY_OF_DAY_ZERO) % 7
        return (days is None or weekday in days) and day not in self.holidays

    def allows(self, at: Moment, offset: timedelta) -> bool:
        """The definition itself, for the UTC moment ``at`` where the wall shows UTC + offset."""
        wall = at + offset
        if not self.starts <= (wall if self.local else at) < self.ends:
            return False
        day, clock = divmod(wall, DAY)
        opens, closes = self.window.opens * _MINUTE, self.window.closes * _MINUTE
        if opens < closes:
            return opens <= clock < closes and self.opens_on(day)
        return self.opens_on(day) if clock >= opens else clock < closes and self.opens_on(day - 1)

    def spans_in(self, stretch: Stretch) -> Iterator[Span]:
        """The allowed UTC moments of a stretch, as half-open spans in order, some touching."""
        since, until = self._bounds_in(stretch)
        for day in range((since // DAY) - 1, until // DAY + 1):
            if self.opens_on(day):
                opens, closes = self._hours_of(day)
                opens, closes = max(opens, since), min(closes, until)
                if opens < closes:
                    yield opens - stretch.offset, closes - stretch.offset

    def open_everywhere_until(self, at: Moment) -> Moment:
        """The UTC moment until which, from ``at`` on, every zone is open whatever its clock does.

        It is ``at`` itself when there is no such time: a day or less from an edge (which holds for
        the whole of any holiday), or when a window goes by the hours of the day. Thus a mailing of
        many years without a window costs only its edges.
        """
        if not self.window.never_closes:
            return at
        coming = bisect_right(self.edges, at - DAY)
        edge = self.edges[coming] - DAY if coming < len(self.edges) else self.last
        return max(at, min(edge, self.last))

    def _bounds_in(self, stretch: Stretch) -> Span:
        """The part of a stretch between start and end, as wall moments."""
        shift = stretch.offset
        if self.local:
            return max(stretch.since + shift, self.starts), min(stretch.until + shift, self.ends)
        return max(stretch.since, self.starts) + shift, min(stretch.until, self.ends) + shift

    def _hours_of(self, day: int) -> Span:
        midnight = day * DAY
        closing_day = midnight + DAY if self.window.past_midnight else midnight
        return midnight + self.window.opens * _MINUTE, closing_day + self.window.closes * _MINUTE
