"""The rules of local time by brute force: walk minute by minute and look at the wall.

Nothing here is shared with the code under test but the types of a schedule: clocks are read from
zoneinfo, walls and windows are compared as plain datetimes, and changes of clocks are found by
looking every six hours.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from importlib import resources
from itertools import pairwise

from shared.domain.local_time import Opening, Schedule, Timing
from shared.domain.zones import zone_info

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

FIXED_ZONES = ("UTC", "UTC+05:30", "UTC-12:00", "UTC+14:00", "UTC-03:45")

_FROM, _TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Change:
    """``before`` is what the wall would have shown at ``at``, ``after`` what it does show."""

    zone: str
    at: datetime
    before: datetime
    after: datetime

    @property
    def low(self) -> datetime:
        return min(self.before, self.after)

    @property
    def high(self) -> datetime:
        return max(self.before, self.after)


@dataclass(frozen=True)
class Scan:
    """Consecutive minutes: their instants, and the wall clocks of the zone at them."""

    instants: list[datetime]
    walls: list[datetime]

    @classmethod
    def of(cls, zone: str, since: datetime, until: datetime) -> "Scan":
        """Every minute of ``[since, until)``, of aware instants."""
        instants = [since + minute * MINUTE for minute in range((until - since) // MINUTE)]
        return cls(instants, [wall_at(zone, instant) for instant in instants])

    @cached_property
    def instant_numbers(self) -> list[int]:
        first = _number(self.instants[0])
        return list(range(first, first + len(self.instants)))

    @cached_property
    def wall_numbers(self) -> list[int]:
        return [_number(wall) for wall in self.walls]


def wall_at(zone: str, instant: datetime) -> datetime:
    return instant.astimezone(zone_info(zone)).replace(tzinfo=None)


@cache
def distinct_zones() -> dict[str, tuple[datetime, ...]]:
    """One zone for each course of the clock in 2026-2028, with its last looks before a change."""
    looks = _looks()
    return {
        alike[0]: tuple(
            look
            for look, (this, following) in zip(looks, pairwise(course), strict=False)
            if this != following
        )
        for course, alike in _courses().items()
    }


def zones_alike() -> list[list[str]]:
    """The zones that count once, those of a group together."""
    return list(_courses().values())


@cache
def _courses() -> dict[tuple[timedelta | None, ...], list[str]]:
    """The zones by their distances from UTC, as looked at every six hours."""
    looks = _looks()
    courses: dict[tuple[timedelta | None, ...], list[str]] = {}
    for zone in _zones_by_content():
        info = zoneinfo.ZoneInfo(zone)
        course = tuple(look.astimezone(info).utcoffset() for look in looks)
        courses.setdefault(course, []).append(zone)
    return courses


def _looks() -> list[datetime]:
    return [_FROM + n * 6 * HOUR for n in range((_TO - _FROM) // (6 * HOUR))]


@cache
def changes() -> tuple[Change, ...]:
    """Every change of a clock in 2026-2028, of every distinct zone."""
    return tuple(
        _change_after(zone, look) for zone, looks in distinct_zones().items() for look in looks
    )


def allowed(schedule: Schedule, instant: datetime, wall: datetime) -> bool:
    """The definition, word by word."""
    return _in_interval(schedule, instant, wall) and any(
        opens <= wall < closes
        for opens, closes in hours_allowed(schedule, wall.date(), wall.date())
    )


def allowed_minutes(schedule: Schedule, scan: Scan) -> list[bool]:
    """The same for every minute of a scan, quickly, for schedules without seconds."""
    first, last = min(scan.walls), max(scan.walls)
    open_walls: set[int] = set()
    for opens, closes in hours_allowed(schedule, first.date(), last.date()):
        open_walls.update(range(_number(max(opens, first)), _number(min(closes, last + MINUTE))))
    starts, ends = _number(schedule.starts_at), _number(schedule.ends_at)
    local = schedule.timing is Timing.LOCAL
    return [
        starts <= looked_at < ends and wall in open_walls
        for looked_at, wall in zip(
            scan.wall_numbers if local else scan.instant_numbers, scan.wall_numbers, strict=True
        )
    ]


def openings_by_scan(schedule: Schedule, scan: Scan) -> list[Opening]:
    """The runs of allowed minutes."""
    minutes = [False, *allowed_minutes(schedule, scan), False]
    edges = [n for n, (this, following) in enumerate(pairwise(minutes)) if this != following]
    first = scan.instants[0]
    return [
        Opening(first + opens * MINUTE, first + closes * MINUTE)
        for opens, closes in zip(edges[::2], edges[1::2], strict=True)
    ]


def hours_allowed(schedule: Schedule, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """The windows, as wall clocks, that open from the day before ``first`` until ``last``."""
    window = schedule.window
    opens, closes = (window.opens, window.closes) if window else (0, 24 * 60)
    found = []
    for number in range(-1, (last - first).days + 1):
        day = first + number * DAY
        next_day = day + DAY
        if day in schedule.holidays:
            continue
        if window and window.days is not None and day.weekday() not in window.days:
            continue
        closing_day = next_day if opens > closes else day
        found.append((_on(day, opens), _on(closing_day, closes)))
    return found


def _in_interval(schedule: Schedule, instant: datetime, wall: datetime) -> bool:
    looked_at = wall if schedule.timing is Timing.LOCAL else instant
    return schedule.starts_at <= looked_at < schedule.ends_at


def _on(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + minutes * MINUTE


def _zones_by_content() -> list[str]:
    """One name for each distinct file of the tz database."""
    root = resources.files("tzdata.zoneinfo")
    names = sorted(zoneinfo.available_timezones())
    return list({root.joinpath(*name.split("/")).read_bytes(): name for name in names}.values())


def _change_after(zone: str, look: datetime) -> Change:
    """The change in the six hours after a look, found minute by minute."""
    scan = Scan.of(zone, look, look + 6 * HOUR + MINUTE)
    for instant, (earlier, later) in zip(scan.instants[1:], pairwise(scan.walls), strict=True):
        if later - earlier != MINUTE:
            return Change(zone, instant, earlier + MINUTE, later)
    raise AssertionError(f"{zone} does not change its clock after {look}")


def _number(moment: datetime) -> int:
    """Minutes since some day, the same day for instants and for walls."""
    return (moment.replace(tzinfo=UTC) - _FROM) // MINUTE
