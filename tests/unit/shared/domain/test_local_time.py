"""The rules of local time by example: instants written out by hand."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice

import pytest

from shared.domain.local_time import (
    Opening,
    Schedule,
    Timing,
    Window,
    is_open,
    next_opening,
    openings,
    same_everywhere,
)
from shared.domain.zones import UnknownZone

DAYTIME = Window.parse("10:00", "20:00", None)
NIGHT = Window.parse("22:00", "06:00", None)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def opening(opens_at: str, closes_at: str) -> Opening:
    return Opening(utc(opens_at), utc(closes_at))


def absolute(
    starts_at: str,
    ends_at: str,
    window: Window | None = None,
    *holidays: date,
    max_lateness: timedelta | None = None,
) -> Schedule:
    bounds = utc(starts_at), utc(ends_at)
    return Schedule(*bounds, Timing.ABSOLUTE, window, frozenset(holidays), max_lateness)


def local(starts_at: str, ends_at: str, window: Window | None = None, *holidays: date) -> Schedule:
    return Schedule(wall(starts_at), wall(ends_at), Timing.LOCAL, window, frozenset(holidays))


class TestPlainDays:
    def test_without_a_window_absolute_timing_is_the_same_everywhere(self) -> None:
        schedule = absolute("2026-11-21T09:00", "2026-11-23T00:00")
        for zone in ("Europe/Moscow", "America/New_York", "UTC+05:30"):
            assert list(openings(schedule, zone)) == [
                opening("2026-11-21T09:00", "2026-11-23T00:00")
            ]

    def test_what_is_the_same_everywhere_asks_no_clock(self) -> None:
        bounds = "2026-11-21T09:00", "2026-11-23T00:00"
        assert same_everywhere(absolute(*bounds))
        assert same_everywhere(absolute(*bounds, Window.parse("00:00", "24:00", None)))
        assert not same_everywhere(absolute(*bounds, DAYTIME))
        assert not same_everywhere(absolute(*bounds, Window.parse("00:00", "24:00", ["sat"])))
        assert not same_everywhere(absolute(*bounds, None, date(2026, 11, 22)))
        assert not same_everywhere(local(*bounds))

    def test_without_a_window_local_timing_is_read_in_the_zone(self) -> None:
        schedule = local("2026-11-21T09:00", "2026-11-23T00:00")
        assert list(openings(schedule, "Asia/Vladivostok")) == [
            opening("2026-11-20T23:00", "2026-11-22T14:00")
        ]

    def test_a_window_opens_by_the_local_clock_and_is_cut_by_the_interval(self) -> None:
        schedule = absolute("2026-11-21T12:00", "2026-11-23T08:00", DAYTIME)
        assert list(openings(schedule, "Europe/Moscow")) == [
            opening("2026-11-21T12:00", "2026-11-21T17:00"),
            opening("2026-11-22T07:00", "2026-11-22T17:00"),
            opening("2026-11-23T07:00", "2026-11-23T08:00"),
        ]

    def test_a_window_past_midnight_belongs_to_the_day_it_opens(self) -> None:
        friday_night = Window.parse("22:00", "06:00", ["fri"])
        schedule = absolute("2026-11-16T00:00", "2026-11-23T00:00", friday_night)
        assert list(openings(schedule, "UTC")) == [opening("2026-11-20T22:00", "2026-11-21T06:00")]

    def test_a_window_past_midnight_opened_the_day_before_the_start(self) -> None:
        schedule = local("2026-11-21T03:00", "2026-11-21T23:00", NIGHT)
        assert list(openings(schedule, "UTC")) == [
            opening("2026-11-21T03:00", "2026-11-21T06:00"),
            opening("2026-11-21T22:00", "2026-11-21T23:00"),
        ]

    def test_whole_days_that_touch_are_one_opening(self) -> None:
        workdays = Window.parse("00:00", "24:00", ["mon", "tue", "wed", "thu", "fri"])
        schedule = absolute("2026-11-14T00:00", "2026-11-23T00:00", workdays)
        assert list(openings(schedule, "UTC")) == [opening("2026-11-16T00:00", "2026-11-21T00:00")]


class TestHolidays:
    def test_a_window_does_not_open_on_one(self) -> None:
        schedule = absolute("2026-12-31T00:00", "2027-01-03T00:00", NIGHT, date(2027, 1, 1))
        assert list(openings(schedule, "UTC")) == [
            opening("2026-12-31T00:00", "2026-12-31T06:00"),
            opening("2026-12-31T22:00", "2027-01-01T06:00"),
            opening("2027-01-02T22:00", "2027-01-03T00:00"),
        ]

    def test_without_a_window_the_whole_local_day_is_out(self) -> None:
        schedule = absolute("2026-12-30T00:00", "2027-01-03T00:00", None, date(2027, 1, 1))
        assert list(openings(schedule, "Asia/Tokyo")) == [
            opening("2026-12-30T00:00", "2026-12-31T15:00"),
            opening("2027-01-01T15:00", "2027-01-03T00:00"),
        ]

    def test_a_week_of_holidays(self) -> None:
        week = [date(2027, 1, day) for day in range(1, 9)]
        schedule = absolute("2026-12-01T00:00", "2027-02-01T00:00", None, *week)
        assert list(openings(schedule, "UTC")) == [
            opening("2026-12-01T00:00", "2027-01-01T00:00"),
            opening("2027-01-09T00:00", "2027-02-01T00:00"),
        ]


class TestGap:
    """Berlin, 2026-03-29: at 01:00 UTC the wall goes from 02:00 to 03:00."""

    day = ("2026-03-29T00:00", "2026-03-30T00:00")

    def test_an_opening_in_the_gap_is_the_first_instant_after_it(self) -> None:
        schedule = local(*self.day, Window.parse("02:30", "05:00", None))
        assert list(openings(schedule, "Europe/Berlin")) == [
            opening("2026-03-29T01:00", "2026-03-29T03:00")
        ]

    def test_a_closing_in_the_gap_is_the_first_instant_after_it(self) -> None:
        schedule = local(*self.day, Window.parse("01:00", "02:30", None))
        assert list(openings(schedule, "Europe/Berlin")) == [
            opening("2026-03-29T00:00", "2026-03-29T01:00")
        ]

    def test_a_window_inside_the_gap_does_not_open(self) -> None:
        schedule = local(*self.day, Window.parse("02:10", "02:50", None))
        assert not list(openings(schedule, "Europe/Berlin"))

    def test_a_start_in_the_gap_is_the_first_instant_after_it(self) -> None:
        schedule = local("2026-03-29T02:30", "2026-03-29T04:00")
        assert list(openings(schedule, "Europe/Berlin")) == [
            opening("2026-03-29T01:00", "2026-03-29T02:00")
        ]

    def test_a_zone_that_skips_a_day_skips_its_window(self) -> None:
        schedule = local("2011-12-29T00:00", "2012-01-01T00:00", DAYTIME)
        assert list(openings(schedule, "Pacific/Apia")) == [
            opening("2011-12-29T20:00", "2011-12-30T06:00"),
            opening("2011-12-30T20:00", "2011-12-31T06:00"),
        ]


class TestFold:
    """Berlin, 2026-10-25: at 01:00 UTC the wall goes from 03:00 back to 02:00."""

    day = ("2026-10-25T00:00", "2026-10-26T00:00")

    def test_a_window_over_the_repeated_hour_is_an_hour_longer(self) -> None:
        schedule = local(*self.day, Window.parse("01:00", "04:00", None))
        assert list(openings(schedule, "Europe/Berlin")) == [
            opening("2026-10-24T23:00", "2026-10-25T03:00")
        ]

    def test_the_first_occurrence_opens_and_the_last_closes(self) -> None:
        schedule = local(*self.day, Window.parse("02:00", "03:00", None))
        assert list(openings(schedule, "Europe/Berlin")) == [
            opening("2026-10-25T00:00", "2026-10-25T02:00")
        ]

    def test_an_opening_inside_the_repeated_hour_makes_two(self) -> None:
        schedule = local(*self.day, Window.parse("02:30", "04:00", None))
        assert list(openings(schedule, "Europe/Berlin")) == [
            opening("2026-10-25T00:30", "2026-10-25T01:00"),
            opening("2026-10-25T01:30", "2026-10-25T03:00"),
        ]

    def test_a_closing_inside_the_repeated_hour_makes_two(self) -> None:
        schedule = local(*self.day, Window.parse("01:00", "02:30", None))
        assert list(openings(schedule, "Europe/Berlin")) == [
            opening("2026-10-24T23:00", "2026-10-25T00:30"),
            opening("2026-10-25T01:00", "2026-10-25T01:30"),
        ]

    def test_an_end_inside_the_repeated_hour_is_its_last_occurrence(self) -> None:
        schedule = local("2026-10-25T01:00", "2026-10-25T02:30")
        assert list(openings(schedule, "Europe/Berlin"))[-1].closes_at == utc("2026-10-25T01:30")


class TestNextOpening:
    schedule = absolute(
        "2026-11-20T00:00", "2026-11-23T00:00", DAYTIME, max_lateness=timedelta(minutes=30)
    )
    first = opening("2026-11-20T10:00", "2026-11-20T20:00")
    second = opening("2026-11-21T10:00", "2026-11-21T20:00")

    def test_before_an_opening_it_is_the_coming_one(self) -> None:
        assert next_opening(self.schedule, "UTC", utc("2026-11-20T09:59")) == self.first

    @pytest.mark.parametrize("now", ["2026-11-20T10:00", "2026-11-20T10:30"])
    def test_a_wave_may_begin_until_it_is_too_late(self, now: str) -> None:
        assert next_opening(self.schedule, "UTC", utc(now)) == self.first

    def test_a_wave_that_is_too_late_waits_for_the_next_window(self) -> None:
        late = utc("2026-11-20T10:30:00.000001")
        assert next_opening(self.schedule, "UTC", late) == self.second

    def test_a_wave_that_has_begun_goes_on_until_the_closing(self) -> None:
        almost = utc("2026-11-20T19:59:59")
        assert next_opening(self.schedule, "UTC", almost, begun=True) == self.first
        assert next_opening(self.schedule, "UTC", self.first.closes_at, begun=True) == self.second

    def test_without_a_limit_nothing_is_too_late(self) -> None:
        patient = absolute("2026-11-20T00:00", "2026-11-23T00:00", DAYTIME)
        assert next_opening(patient, "UTC", utc("2026-11-20T19:59")) == self.first

    def test_when_no_window_is_left_there_is_none(self) -> None:
        assert next_opening(self.schedule, "UTC", utc("2026-11-22T10:31")) is None
        assert next_opening(self.schedule, "UTC", utc("2026-11-23T00:00"), begun=True) is None

    def test_now_may_be_given_in_any_offset(self) -> None:
        now = utc("2026-11-20T20:00").astimezone(timezone(timedelta(hours=9)))
        assert next_opening(self.schedule, "UTC", now) == self.second

    def test_years_after_the_start_the_opening_is_whole(self) -> None:
        """It is found without walking all the years, yet with its true beginning."""
        weekdays = Window.parse("00:00", "24:00", ["mon", "tue", "wed", "thu", "sat", "sun"])
        schedule = local("2001-01-01T00:00", "2100-01-01T00:00", weekdays)
        for zone, now in (
            ("Asia/Tokyo", utc("2026-11-26T14:59")),
            ("Pacific/Apia", utc("2012-01-05T09:59")),  # the Friday between was skipped
        ):
            found = next_opening(schedule, zone, now)
            assert found in list(islice(openings(schedule, zone), 1500))
            assert found is not None
            assert found.opens_at <= now < found.closes_at


class TestIsOpen:
    friday_night = Window.parse("22:00", "06:00", ["fri"])

    @pytest.mark.parametrize(
        ("instant", "expected"),
        [
            ("2026-11-20T18:59:59.999999", False),
            ("2026-11-20T19:00", True),
            ("2026-11-21T02:59:59.999999", True),
            ("2026-11-21T03:00", False),
            ("2026-11-21T19:00", False),
            ("2026-11-27T18:59", False),
            ("2026-11-27T20:29:59", True),
            ("2026-11-27T20:30", False),
        ],
    )
    @pytest.mark.parametrize("timing", Timing)
    def test_in_moscow(self, timing: Timing, instant: str, expected: bool) -> None:
        schedule = (
            absolute("2026-11-16T00:00", "2026-11-27T20:30", self.friday_night)
            if timing is Timing.ABSOLUTE
            else local("2026-11-16T03:00", "2026-11-27T23:30", self.friday_night)
        )
        assert is_open(schedule, "Europe/Moscow", utc(instant)) is expected

    def test_a_repeated_hour_is_in_the_window_both_times(self) -> None:
        schedule = local(
            "2026-10-25T00:00", "2026-10-26T00:00", Window.parse("02:00", "03:00", None)
        )
        for instant in ("2026-10-25T00:30", "2026-10-25T01:30"):
            assert is_open(schedule, "Europe/Berlin", utc(instant))
        assert not is_open(schedule, "Europe/Berlin", utc("2026-10-25T02:00"))


class TestEndsOfTheCalendar:
    zones = ("UTC", "Pacific/Kiritimati", "America/New_York", "UTC-12:00", "UTC+14:00")

    @pytest.mark.parametrize("zone", zones)
    @pytest.mark.parametrize("window", [None, DAYTIME, NIGHT])
    @pytest.mark.parametrize("timing", Timing)
    def test_all_of_time(self, zone: str, window: Window | None, timing: Timing) -> None:
        tz = UTC if timing is Timing.ABSOLUTE else None
        first, last = datetime.min.replace(tzinfo=tz), datetime.max.replace(tzinfo=tz)
        schedule = Schedule(first, last, timing, window, frozenset({date.min, date.max}))
        assert next(openings(schedule, zone)).opens_at < utc("0001-01-04T00:00")
        assert next_opening(schedule, zone, utc("2026-11-21T00:00")) is not None
        for extreme in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
            assert isinstance(is_open(schedule, zone, extreme), bool)
        near_the_end = Schedule(last - timedelta(days=9), last, timing, window)
        found = list(openings(near_the_end, zone))
        assert found[-1].closes_at > utc("9999-12-30T00:00")

    def test_an_end_far_away_is_kept_as_given(self) -> None:
        for_ever = absolute("2026-11-21T00:00", "9999-12-31T23:59:59")
        assert list(openings(for_ever, "Asia/Tokyo")) == [
            opening("2026-11-21T00:00", "9999-12-31T23:59:59")
        ]

    def test_holidays_far_apart_are_found_without_walking_the_years(self) -> None:
        holidays = date(2026, 12, 25), date(4026, 12, 25)
        schedule = local("2026-11-21T12:00", "6026-01-01T00:00", None, *holidays)
        assert list(openings(schedule, "Europe/Moscow")) == [
            opening("2026-11-21T09:00", "2026-12-24T21:00"),
            opening("2026-12-25T21:00", "4026-12-24T21:00"),
            opening("4026-12-25T21:00", "6025-12-31T21:00"),
        ]


class TestRefusals:
    @pytest.mark.parametrize(
        ("timing", "starts_at", "ends_at"),
        [
            (Timing.ABSOLUTE, wall("2026-11-21T00:00"), utc("2026-11-22T00:00")),
            (Timing.ABSOLUTE, utc("2026-11-21T00:00"), wall("2026-11-22T00:00")),
            (Timing.LOCAL, utc("2026-11-21T00:00"), wall("2026-11-22T00:00")),
            (Timing.LOCAL, wall("2026-11-21T00:00"), utc("2026-11-22T00:00")),
        ],
    )
    def test_bounds_must_suit_the_timing(
        self, timing: Timing, starts_at: datetime, ends_at: datetime
    ) -> None:
        with pytest.raises(ValueError, match=f"{timing} timing does not go with"):
            Schedule(starts_at, ends_at, timing)

    def test_an_unknown_zone(self) -> None:
        schedule = absolute("2026-11-21T00:00", "2026-11-22T00:00", DAYTIME)
        with pytest.raises(UnknownZone):
            next(openings(schedule, "Mars/Olympus"))
        with pytest.raises(UnknownZone):
            is_open(schedule, "Mars/Olympus", utc("2026-11-21T12:00"))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("window", [DAYTIME, NIGHT, None])
def test_openings_since_an_instant_are_those_behind_it(zone: str, window: Window | None) -> None:
    schedule = local("2026-10-20T12:00", "2026-11-05T15:00", window, date(2026, 10, 28))
    every = list(openings(schedule, zone))
    assert list(openings(schedule, zone, every[0].opens_at - timedelta(days=9))) == every
    for number, one in enumerate(every):
        middle = one.opens_at + (one.closes_at - one.opens_at) / 2
        assert list(openings(schedule, zone, one.closes_at)) == every[number + 1 :]
        cut = Opening(middle, one.closes_at)
        assert list(openings(schedule, zone, middle)) == [cut, *every[number + 1 :]]
