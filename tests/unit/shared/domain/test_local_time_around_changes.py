"""Openings against the scan, around every change of every clock from 2026 to 2028.

The windows are chosen by the change: their edges lie before it, at both of its wall clocks, inside
the skipped or repeated time, and after it, in every order, so half of them run past midnight.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, permutations, product

import pytest

from shared.domain.local_time import (
    Opening,
    Schedule,
    Timing,
    Window,
    is_open,
    next_opening,
    openings,
)
from tests.support.brute_force import (
    DAY,
    HOUR,
    MINUTE,
    Change,
    Scan,
    allowed,
    allowed_minutes,
    changes,
    openings_by_scan,
    wall_at,
    zones_alike,
)

AROUND = 5 * HOUR  # covers the edges below even where a clock moves by two hours


def edges(change: Change) -> list[datetime]:
    """Wall clocks worth a window's edge."""
    low, high = change.low, change.high
    middle = low + (high - low) // MINUTE // 2 * MINUTE
    before, after = low - 15 * MINUTE, high + 15 * MINUTE
    return [low - 90 * MINUTE, before, low, middle, high - MINUTE, high, after, high + 90 * MINUTE]


def windows(change: Change) -> Iterator[Window]:
    clocks = [minute_of_day(edge) for edge in edges(change)]
    for opens, closes in permutations(clocks, 2):
        yield Window(opens, closes)
    for clock in set(clocks) - {0}:
        yield Window(0, clock)
        yield Window(clock, 0)
        yield Window(clock, 24 * 60)


def minute_of_day(wall: datetime) -> int:
    return wall.hour * 60 + wall.minute


def scan(change: Change, around: timedelta = AROUND) -> Scan:
    return Scan.of(change.zone, change.at - around, change.at + around)


def absolute(change: Change, window: Window | None, holidays: set[datetime]) -> Schedule:
    days = frozenset(holiday.date() for holiday in holidays)
    return Schedule(change.at - AROUND, change.at + AROUND, Timing.ABSOLUTE, window, days)


def check(schedule: Schedule, change: Change, scanned: Scan) -> list[Opening]:
    expected = openings_by_scan(schedule, scanned)
    assert list(openings(schedule, change.zone)) == expected, (schedule, change)
    return expected


def test_there_are_changes_to_look_at() -> None:
    found = changes()
    assert len(found) > 100
    assert any(change.after > change.before for change in found)
    assert any(change.after < change.before for change in found)
    assert any(abs(change.after - change.before) == 30 * MINUTE for change in found)
    assert any(change.low.date() != change.high.date() for change in found), "over midnight"


def test_zones_that_count_once_change_in_the_same_minute() -> None:
    """Six hours lie between two looks; nobody may have hidden there."""
    for alike in zones_alike():
        for change in (change for change in changes() if change.zone == alike[0]):
            for zone in alike:
                assert wall_at(zone, change.at) == change.after, (zone, change)
                assert wall_at(zone, change.at - MINUTE) == change.before - MINUTE, (zone, change)


def test_windows() -> None:
    split = 0
    for change in changes():
        scanned = scan(change)
        for window in windows(change):
            found = check(absolute(change, window, set()), change, scanned)
            split += len(found) > 2
    assert split > 500, "a fold cuts windows in two"


def test_days_and_holidays() -> None:
    for change in changes():
        scanned = scan(change)
        day = change.low
        clocks = [minute_of_day(edge) for edge in edges(change)[::3]]
        pairs = [*permutations(clocks, 2), (0, 24 * 60)]
        for (opens, closes), near in product(pairs, (-DAY, timedelta(), DAY)):
            on = frozenset({(day + near).weekday()})
            if opens != closes:
                check(absolute(change, Window(opens, closes, on), set()), change, scanned)
                check(absolute(change, Window(opens, closes), {day + near}), change, scanned)
                both = absolute(change, Window(opens, closes, on), {day - DAY})
                check(both, change, scanned)
            check(absolute(change, None, {day + near}), change, scanned)


def test_local_timing() -> None:
    for change in changes():
        scanned = scan(change)
        low = minute_of_day(change.low)
        middle = minute_of_day(edges(change)[3])
        odd = (middle + 7) % (24 * 60)
        for starts, ends in combinations(sorted(edges(change)), 2):
            for window in (None, Window(odd, low), Window(low, odd)):
                check(Schedule(starts, ends, Timing.LOCAL, window), change, scanned)
            assert not list(openings(Schedule(ends, starts, Timing.LOCAL), change.zone))


def test_local_timing_with_days_and_holidays() -> None:
    for change in changes():
        scanned = scan(change)
        day = change.low
        starts, ends = min(edges(change)), max(edges(change))
        clocks = [minute_of_day(edge) for edge in edges(change)[::3]]
        for (opens, closes), near in product(permutations(clocks, 2), (-DAY, timedelta(), DAY)):
            if opens == closes:
                continue
            on = frozenset({(day + near).weekday()})
            off = frozenset({(day + near).date()})
            for window, holidays in (
                (Window(opens, closes, on), frozenset[date]()),
                (Window(opens, closes), off),
                (None, off),
            ):
                check(Schedule(starts, ends, Timing.LOCAL, window, holidays), change, scanned)


def test_lateness() -> None:
    """Every now and then somebody asks which opening a wave may begin in, and go on in."""
    for turn, change in enumerate(changes()):
        scanned = scan(change)
        lateness = (20 * MINUTE, 90 * MINUTE)[turn % 2]
        for window in list(windows(change))[turn % 31 :: 31]:
            bounds = change.at - AROUND, change.at + AROUND
            schedule = Schedule(*bounds, Timing.ABSOLUTE, window, frozenset(), lateness)
            found = openings_by_scan(schedule, scanned)
            for now in scanned.instants[::17]:
                left = [opening for opening in found if now < opening.closes_at]
                in_time = [opening for opening in left if now - opening.opens_at <= lateness]
                zone = change.zone
                assert next_opening(schedule, zone, now) == next(iter(in_time), None)
                assert next_opening(schedule, zone, now, begun=True) == next(iter(left), None)


def test_is_open_every_minute() -> None:
    for turn, change in enumerate(changes()):
        scanned = scan(change, 3 * HOUR)
        for window in list(windows(change))[turn % 23 :: 23]:
            for schedule in (
                absolute(change, window, {change.high}),
                Schedule(change.low, change.high + HOUR, Timing.LOCAL, window),
            ):
                expected = allowed_minutes(schedule, scanned)
                found = [is_open(schedule, change.zone, instant) for instant in scanned.instants]
                assert found == expected, (schedule, change)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # skipped a Friday
        ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),  # skipped a Saturday
        ("Asia/Manila", datetime(1844, 12, 30, 16, tzinfo=UTC)),  # skipped a Tuesday, odd seconds
        ("America/Juneau", datetime(1867, 10, 18, 12, tzinfo=UTC)),  # lived one day twice
        ("Africa/Monrovia", datetime(1972, 1, 7, tzinfo=UTC)),  # moved by 44 minutes 30 seconds
        ("Antarctica/Troll", datetime(2005, 2, 12, tzinfo=UTC)),  # from no clock at all
    ],
)
@pytest.mark.parametrize(
    "window",
    [
        None,
        Window.parse("10:00", "20:00", None),
        Window.parse("22:00", "06:00", None),
        Window.parse("22:00", "06:00", ["thu", "sat"]),
        Window.parse("00:00", "24:00", ["mon", "tue", "wed", "thu", "sat", "sun"]),
    ],
)
def test_leaps_of_history(zone: str, day: datetime, window: Window | None) -> None:
    """The greatest jumps on record, some by odd seconds, so compared instant by instant."""
    for schedule in (
        Schedule(day - 4 * DAY, day + 4 * DAY, Timing.ABSOLUTE, window),
        Schedule(*local(zone, day - 3 * DAY, day + 3 * DAY), Timing.LOCAL, window),
    ):
        found = list(openings(schedule, zone))
        assert found
        for instant in Scan.of(zone, day - 5 * DAY, day + 5 * DAY).instants[::13]:
            expected = allowed(schedule, instant, wall_at(zone, instant))
            assert is_open(schedule, zone, instant) is expected
            assert any(o.opens_at <= instant < o.closes_at for o in found) is expected


def local(zone: str, *instants: datetime) -> tuple[datetime, datetime]:
    first, last = (wall_at(zone, instant) for instant in instants)
    return first, last
