"""What clock changes do to openings: known days of known zones, and every change of three years."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.scheduler.domain.clock_changes import ClockChange, Effect, clock_change, jumps
from services.scheduler.domain.clock_words import explanation, length_words, offset_words
from shared.domain.local_time import Opening, Schedule, Timing, Window, next_opening, openings
from tests.support.brute_force import changes

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
CASABLANCA, TEHRAN, APIA = "Africa/Casablanca", "Asia/Tehran", "Pacific/Apia"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def window(hours: str) -> Window:
    opens, closes = hours.split("-")
    return Window.parse(opens, closes, None)


def on(day: str, hours: str | None, days: int = 2) -> Schedule:
    """From midnight on; from noon on where the window of the day before runs past midnight."""
    hours_of_day = None if hours is None else window(hours)
    start = datetime.combine(date.fromisoformat(day), datetime.min.time())
    if hours_of_day is not None and hours_of_day.past_midnight:
        start += 12 * HOUR
    return Schedule(start, start + days * DAY, Timing.LOCAL, hours_of_day)


def change(schedule: Schedule, zone: str) -> ClockChange | None:
    """To the first opening, as seen some days before."""
    now = datetime.combine(schedule.starts_at.date(), datetime.min.time(), UTC) - 3 * DAY
    return clock_change(schedule, zone, next_opening(schedule, zone, now), now)


@pytest.mark.parametrize(
    ("zone", "day", "hours", "effect", "met"),
    [
        # Forward at 02:00 to 03:00.
        (BERLIN, "2026-03-29", "10:00-20:00", "shifted", HOUR),
        (BERLIN, "2026-03-29", "03:00-04:00", "shifted", HOUR),
        (BERLIN, "2026-03-29", "00:00-06:00", "shorter", HOUR),
        (BERLIN, "2026-03-29", "02:30-05:00", "shorter", 30 * MINUTE),
        (BERLIN, "2026-03-29", "01:00-02:30", "shorter", 30 * MINUTE),
        (BERLIN, "2026-03-29", "01:00-03:00", "shorter", HOUR),
        (BERLIN, "2026-03-29", "02:10-02:50", "skipped", 40 * MINUTE),
        (BERLIN, "2026-03-29", "02:00-03:00", "skipped", HOUR),
        (BERLIN, "2026-03-28", "22:00-04:00", "shorter", HOUR),
        (BERLIN, "2026-03-28", "22:00-02:00", None, None),
        (BERLIN, "2026-03-29", "01:00-02:00", None, None),
        # Back from 03:00 to 02:00.
        (BERLIN, "2026-10-25", "10:00-20:00", "shifted", HOUR),
        (BERLIN, "2026-10-25", "03:00-04:00", "shifted", HOUR),
        (BERLIN, "2026-10-25", "00:00-06:00", "longer", HOUR),
        (BERLIN, "2026-10-25", "02:00-03:00", "longer", HOUR),
        (BERLIN, "2026-10-25", "02:30-05:00", "cut_in_two", 30 * MINUTE),
        (BERLIN, "2026-10-25", "01:00-02:30", "cut_in_two", 30 * MINUTE),
        (BERLIN, "2026-10-25", "02:10-02:50", "twice", 40 * MINUTE),
        (BERLIN, "2026-10-24", "22:00-04:00", "longer", HOUR),
        (BERLIN, "2026-10-24", "22:00-02:20", "cut_in_two", 20 * MINUTE),
        (BERLIN, "2026-10-25", "01:00-02:00", None, None),
        (NEW_YORK, "2026-03-08", "09:00-17:00", "shifted", HOUR),
        (NEW_YORK, "2026-03-08", "02:15-02:45", "skipped", 30 * MINUTE),
        (NEW_YORK, "2026-11-01", "01:30-05:00", "cut_in_two", 30 * MINUTE),
        (NEW_YORK, "2026-11-01", "01:00-02:00", "longer", HOUR),
        # Half an hour, at 02:00.
        (LORD_HOWE, "2026-10-04", "02:10-05:00", "shorter", 20 * MINUTE),
        (LORD_HOWE, "2026-10-04", "02:05-02:25", "skipped", 20 * MINUTE),
        (LORD_HOWE, "2026-10-04", "09:00-10:00", "shifted", 30 * MINUTE),
        (LORD_HOWE, "2026-04-05", "01:15-05:00", "longer", 30 * MINUTE),
        (LORD_HOWE, "2026-04-05", "01:45-05:00", "cut_in_two", 15 * MINUTE),
        # Back for Ramadan, forward after it.
        (CASABLANCA, "2026-02-15", "02:00-05:00", "longer", HOUR),
        (CASABLANCA, "2026-03-22", "02:00-05:00", "shorter", HOUR),
        # No changes since 2022; before, at midnight, so that a day began at 01:00.
        (TEHRAN, "2026-03-22", "00:00-05:00", None, None),
        (TEHRAN, "2021-03-22", "00:00-05:00", "shorter", HOUR),
        (TEHRAN, "2021-09-21", "23:30-05:00", "cut_in_two", 30 * MINUTE),
        # A day that never was.
        (APIA, "2011-12-30", "10:00-20:00", "skipped", 10 * HOUR),
        (APIA, "2011-12-31", "10:00-20:00", "shifted", DAY),
    ],
)
def test_the_effect(
    zone: str, day: str, hours: str, effect: str | None, met: timedelta | None
) -> None:
    found = change(on(day, hours), zone)
    assert (found and found.effect, found and found.met) == (effect, met)


def test_the_jump_itself() -> None:
    found = change(on("2026-03-29", "10:00-20:00"), BERLIN)
    assert found is not None
    assert found.jump.at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert (found.jump.before, found.jump.after) == (HOUR, 2 * HOUR)
    assert (found.jump.low.hour, found.jump.high.hour) == (2, 3)


def test_a_window_that_was_skipped_for_ever() -> None:
    schedule = on("2026-03-29", "02:10-02:50", days=1)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert next_opening(schedule, BERLIN, now) is None
    found = clock_change(schedule, BERLIN, None, now)
    assert found is not None
    assert found.effect is Effect.SKIPPED


def test_what_is_over_is_not_told() -> None:
    schedule = on("2026-03-28", "02:10-02:50", days=5)
    now = datetime(2026, 3, 29, 12, tzinfo=UTC)
    found = clock_change(schedule, BERLIN, next_opening(schedule, BERLIN, now), now)
    assert found is not None
    assert found.effect is Effect.SHIFTED, "the window that was skipped is over"


def test_a_window_that_was_only_cut_short_was_not_skipped() -> None:
    now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    schedule = replace(on("2026-03-29", "01:00-02:30"), max_lateness=10 * MINUTE)
    opening = next_opening(schedule, BERLIN, now)
    assert opening is not None
    assert opening.opens_at == datetime(2026, 3, 29, 23, tzinfo=UTC), "it is too late for today's"
    found = clock_change(schedule, BERLIN, opening, now)
    assert found is not None
    assert found.effect is Effect.SHIFTED


def test_a_day_later_nothing_is_shifted() -> None:
    assert change(on("2026-03-30", "10:00-20:00"), BERLIN) is None


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_from_instant_to_instant_nothing_changes(day: str) -> None:
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    schedule = Schedule(start, start + DAY, Timing.ABSOLUTE)
    assert clock_change(schedule, BERLIN, Opening(start, start + DAY), start) is None


def test_a_mailing_that_begins_between_the_two_hours_has_only_one() -> None:
    second_0210 = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    schedule = Schedule(second_0210, second_0210 + DAY, Timing.ABSOLUTE, window("02:00-02:30"))
    opening = next_opening(schedule, BERLIN, second_0210 - DAY)
    assert opening == Opening(second_0210, second_0210 + 20 * MINUTE)
    assert clock_change(schedule, BERLIN, opening, second_0210 - DAY) is None


def test_an_instant_that_starts_a_mailing_is_not_shifted() -> None:
    start = datetime(2026, 3, 29, 8, 30, tzinfo=UTC)
    schedule = Schedule(start, start + DAY, Timing.ABSOLUTE, window("10:00-20:00"))
    opening = next_opening(schedule, BERLIN, start)
    assert opening is not None
    assert clock_change(schedule, BERLIN, opening, start - DAY) is None


def test_centuries_without_a_window_are_answered_at_once() -> None:
    schedule = on("2026-01-01", None, days=170 * 365)
    assert change(schedule, "Asia/Kolkata") is None
    found = change(on("2026-03-20", None, days=170 * 365), BERLIN)
    assert found is not None
    assert found.effect is Effect.SHORTER


def test_all_changes_are_found() -> None:
    for one in changes():
        assert [jump.at for jump in jumps(one.zone, one.at - HOUR, one.at + HOUR)] == [one.at]


# Minutes from the wall at which time is skipped or repeated.
HOURS_AROUND = ((-60, 0), (-60, 20), (-60, 240), (0, 240), (10, 20), (10, 240), (130, 240))


def test_effects_agree_with_the_openings() -> None:
    """Around every change of three years: lengths and numbers of openings are as told."""
    told: set[Effect] = set()
    for one in changes():
        begins = one.low - 2 * HOUR
        for opens, closes in HOURS_AROUND:
            told |= check(one.zone, begins, one.low, opens, closes)
    assert told == set(Effect)


def check(zone: str, begins: datetime, low: datetime, opens: int, closes: int) -> set[Effect]:
    hours = [(low + n * MINUTE).hour * 60 + (low + n * MINUTE).minute for n in (opens, closes)]
    ends = begins + 8 * HOUR
    schedule = Schedule(begins, ends, Timing.LOCAL, Window(hours[0], hours[1]))
    found = list(openings(schedule, zone))
    now = begins.replace(tzinfo=UTC) - 2 * DAY
    told = clock_change(schedule, zone, found[0] if found else None, now)
    open_for = sum((each.closes_at - each.opens_at for each in found), timedelta())
    usual = (closes - opens) * MINUTE
    effect = told and told.effect
    more = {Effect.LONGER: 1, Effect.TWICE: 1, Effect.CUT_IN_TWO: 1}
    less = {Effect.SHORTER: -1, Effect.SKIPPED: -1}
    sign = (more | less).get(effect, 0) if effect else 0
    assert open_for == usual + sign * (told.met if told else timedelta()), (zone, schedule)
    assert len(found) == {Effect.TWICE: 2, Effect.CUT_IN_TWO: 2, Effect.SKIPPED: 0}.get(
        effect or Effect.LONGER, 1
    )
    return {effect} if effect else set()


@pytest.mark.parametrize(
    ("zone", "day", "hours", "sentence"),
    [
        (
            BERLIN,
            "2026-03-29",
            "02:30-05:00",
            "On 2026-03-29 clocks go forward from 02:00 to 03:00 (UTC+01:00 becomes UTC+02:00):"
            " there is no 02:30, so the window opens at 03:00 and is 30 minutes shorter.",
        ),
        (
            BERLIN,
            "2026-10-25",
            "01:00-02:30",
            "On 2026-10-25 clocks go back from 03:00 to 02:00 (UTC+02:00 becomes UTC+01:00):"
            " 02:30 comes twice, so the window closes at the first, opens again when the clocks"
            " change and closes at the second; nobody is contacted twice.",
        ),
        (
            NEW_YORK,
            "2026-11-01",
            "01:30-05:00",
            "On 2026-11-01 clocks go back from 02:00 to 01:00 (UTC-04:00 becomes UTC-05:00):"
            " 01:30 comes twice, so the window opens at the first, closes when the clocks change"
            " and opens again at the second; nobody is contacted twice.",
        ),
        (
            LORD_HOWE,
            "2026-04-05",
            "00:00-05:00",
            "On 2026-04-05 clocks go back from 02:00 to 01:30 (UTC+11:00 becomes UTC+10:30):"
            " 01:30 to 02:00 comes twice, so the window is 30 minutes longer;"
            " nobody is contacted twice.",
        ),
        (
            BERLIN,
            "2026-03-29",
            "02:10-02:50",
            "On 2026-03-29 clocks go forward from 02:00 to 03:00 (UTC+01:00 becomes UTC+02:00):"
            " the window from 02:10 to 02:50 falls into the gap and does not open that day.",
        ),
        (
            BERLIN,
            "2026-10-25",
            "02:10-02:50",
            "On 2026-10-25 clocks go back from 03:00 to 02:00 (UTC+02:00 becomes UTC+01:00):"
            " the window from 02:10 to 02:50 comes twice; nobody is contacted twice.",
        ),
        (
            BERLIN,
            "2026-10-25",
            "10:00-20:00",
            "On 2026-10-25 clocks go back from 03:00 to 02:00 (UTC+02:00 becomes UTC+01:00):"
            " the window keeps its local hours, which come 1 hour later by UTC than the day"
            " before.",
        ),
        (
            TEHRAN,
            "2021-09-21",
            "22:00-23:30",
            "On 2021-09-22 clocks go back from 00:00 to 23:00 of 2021-09-21"
            " (UTC+04:30 becomes UTC+03:30): 23:30 comes twice, so the window closes at the"
            " first, opens again when the clocks change and closes at the second;"
            " nobody is contacted twice.",
        ),
    ],
)
def test_the_sentence(zone: str, day: str, hours: str, sentence: str) -> None:
    found = change(on(day, hours), zone)
    assert found is not None
    assert explanation(found) == sentence


def test_words_for_offsets_and_lengths() -> None:
    assert offset_words(timedelta(hours=5, minutes=45)) == "+05:45"
    assert offset_words(timedelta(hours=-9, minutes=-30)) == "-09:30"
    assert offset_words(timedelta()) == "+00:00"
    assert length_words(90 * MINUTE) == "1 hour 30 minutes"
    assert length_words(DAY) == "24 hours"
    assert length_words(MINUTE) == "1 minute"
