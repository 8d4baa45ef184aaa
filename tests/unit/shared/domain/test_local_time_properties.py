"""Openings against the scan, in a plain week of every clock and at random."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

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
    FIXED_ZONES,
    HOUR,
    MINUTE,
    Scan,
    allowed,
    changes,
    distinct_zones,
    openings_by_scan,
    wall_at,
)

MONDAY = datetime(2026, 11, 16)  # noqa: DTZ001  # a wall clock
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
PLAIN_WINDOWS = (
    None,
    Window.parse("10:00", "20:00", None),
    Window.parse("09:30", "24:00", WORKDAYS),
    Window.parse("22:00", "06:00", None),
    Window.parse("22:00", "06:00", ["fri", "sun"]),
    Window.parse("18:00", "00:00", ["sun"]),
    Window.parse("00:00", "24:00", WORKDAYS),
)
MICROSECOND = timedelta(microseconds=1)


def test_a_plain_week_of_every_clock() -> None:
    monday, sunday_night = MONDAY.replace(tzinfo=UTC), MONDAY.replace(tzinfo=UTC) + 7 * DAY
    for number, zone in enumerate((*distinct_zones(), *FIXED_ZONES)):
        scanned = Scan.of(zone, monday - DAY, sunday_night + DAY)
        assert scanned.walls[-1] - scanned.walls[0] == 9 * DAY - MINUTE, "no clock changes then"
        for turn, window in enumerate(PLAIN_WINDOWS):
            holidays = frozenset({date(2026, 11, 18)} if turn % 2 == 0 else ())
            schedule = Schedule(monday, sunday_night, Timing.ABSOLUTE, window, holidays)
            if (turn + number) % 3 == 0:
                schedule = Schedule(MONDAY, MONDAY + 7 * DAY, Timing.LOCAL, window, holidays)
            expected = openings_by_scan(schedule, scanned)
            assert list(openings(schedule, zone)) == expected, (schedule, zone)
            assert len(expected) in range(1, 10)
            for instant in scanned.instants[::90]:
                assert is_open(schedule, zone, instant) is any(
                    opening.opens_at <= instant < opening.closes_at for opening in expected
                )


def around(moment: datetime) -> st.SearchStrategy[datetime]:
    return st.builds(
        lambda days, seconds: moment + timedelta(days, seconds),
        st.integers(-3, 3),
        st.integers(-6 * 3600, 6 * 3600),
    )


def zones_and_starts() -> st.SearchStrategy[tuple[str, datetime]]:
    """Aware starts, half of them in the days around a change of the zone's clock."""
    any_day = st.integers(0, 3 * 365).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * DAY)
    near_change = st.deferred(
        lambda: st.sampled_from(changes()).flatmap(
            lambda change: st.tuples(st.just(change.zone), around(change.at))
        )
    )
    anywhere = st.deferred(
        lambda: st.tuples(
            st.sampled_from((*distinct_zones(), *FIXED_ZONES)), any_day.flatmap(around)
        )
    )
    return near_change | anywhere


def windows() -> st.SearchStrategy[Window | None]:
    minutes = st.integers(0, 24 * 4 - 1).map(lambda quarter: quarter * 15) | st.integers(0, 1439)
    days = st.none() | st.frozensets(st.integers(0, 6), min_size=1)
    closes = minutes | st.just(1440)
    pairs = st.tuples(minutes, closes).filter(lambda pair: pair[0] != pair[1])
    return st.none() | st.builds(lambda pair, on: Window(pair[0], pair[1], on), pairs, days)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, str]:
    """A schedule of up to five days, to the second, and a zone."""
    zone, starts = draw(zones_and_starts())
    ends = starts + timedelta(seconds=draw(st.integers(1, 5 * 86400)))
    holidays = draw(st.frozensets(st.sampled_from([starts.date() + n * DAY for n in range(-1, 6)])))
    lateness = draw(st.none() | st.integers(0, 24 * 60).map(lambda minutes: minutes * MINUTE))
    if draw(st.booleans()):
        return Schedule(starts, ends, Timing.ABSOLUTE, draw(windows()), holidays, lateness), zone
    first, last = wall_at(zone, starts), wall_at(zone, ends)
    return Schedule(first, last, Timing.LOCAL, draw(windows()), holidays, lateness), zone


def scan_span(schedule: Schedule) -> tuple[datetime, datetime]:
    """Whole minutes that hold the schedule in any zone, at most seven days."""
    since, until = (bound.replace(tzinfo=UTC) for bound in (schedule.starts_at, schedule.ends_at))
    return since.replace(second=0) - 15 * HOUR, max(since, until) + 15 * HOUR


@settings(max_examples=120, deadline=None)
@given(cases())
def test_openings_are_the_allowed_instants(case: tuple[Schedule, str]) -> None:
    schedule, zone = case
    found = list(openings(schedule, zone))
    for earlier, later in pairwise(found):
        assert earlier.closes_at < later.opens_at
    for opening in found:
        assert opening.opens_at < opening.closes_at
        assert allowed_at(schedule, zone, opening.opens_at)
        assert allowed_at(schedule, zone, opening.closes_at - MICROSECOND)
        assert not allowed_at(schedule, zone, opening.opens_at - MICROSECOND)
        assert not allowed_at(schedule, zone, opening.closes_at)
    for instant in Scan.of(zone, *scan_span(schedule)).instants[::7]:
        expected = allowed_at(schedule, zone, instant)
        assert is_open(schedule, zone, instant) is expected
        assert any(o.opens_at <= instant < o.closes_at for o in found) is expected


@settings(max_examples=250, deadline=None)
@given(cases(), st.data(), st.booleans())
def test_the_next_opening_is_the_first_one_left(
    case: tuple[Schedule, str], data: st.DataObject, begun: bool
) -> None:
    schedule, zone = case
    found = list(openings(schedule, zone))
    lateness = schedule.max_lateness
    if begun or lateness is None:
        lateness = timedelta.max
    now = data.draw(telling_moments(schedule, found))
    left = [
        opening
        for opening in found
        if opening.closes_at > now and now - opening.opens_at <= lateness
    ]
    assert next_opening(schedule, zone, now, begun=begun) == (left[0] if left else None)


def telling_moments(schedule: Schedule, found: list[Opening]) -> st.SearchStrategy[datetime]:
    """Edges of openings, the last moments to begin, and the moments right after each of them."""
    lateness = schedule.max_lateness or timedelta()
    start = schedule.starts_at.replace(tzinfo=UTC)
    moments = [start - DAY, start + 9 * DAY]
    for opening in found:
        moments += [opening.opens_at, opening.closes_at, opening.opens_at + lateness]
    beside = st.sampled_from([-HOUR, -MICROSECOND, timedelta(), MICROSECOND, HOUR])
    return st.builds(lambda moment, step: moment + step, st.sampled_from(moments), beside)


def allowed_at(schedule: Schedule, zone: str, instant: datetime) -> bool:
    return allowed(schedule, instant, wall_at(zone, instant))
