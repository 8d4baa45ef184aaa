"""Where a wave stands: waiting, open, or never to open again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.waves import Phase, judge, judge_all, opening_at, openings_at
from shared.domain.local_time import Opening
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_before_the_mailing_a_wave_waits_for_its_opening() -> None:
    standing = judge(
        mailing(1, starts_at=NOON, ends_at=NOON + HOUR), "UTC", NOON - HOUR, begun_at=None
    )
    assert (standing.phase, standing.opens_at, standing.closes_at) == (
        Phase.PENDING,
        NOON,
        NOON + HOUR,
    )


@pytest.mark.parametrize(
    ("minutes", "phase"),
    [(-1, Phase.PENDING), (0, Phase.OPEN), (59, Phase.OPEN), (60, Phase.SETTLING)],
)
def test_an_opening_is_half_open(minutes: int, phase: Phase) -> None:
    now = NOON + timedelta(minutes=minutes)
    it = judge(mailing(1, starts_at=NOON, ends_at=NOON + HOUR), "UTC", now, begun_at=None)
    assert it.phase is phase


def test_a_wave_without_a_window_left_is_expired_and_says_why() -> None:
    night = {"from": "01:00", "to": "02:00"}
    it = judge(
        mailing(1, starts_at=NOON, ends_at=NOON + HOUR, window=night), "UTC", NOON, begun_at=None
    )
    assert (it.phase, it.rest, it.reason) == (Phase.SETTLING, "expired", "window_passed")


def test_a_cancelled_mailing_opens_nowhere() -> None:
    it = judge(mailing(1, state="cancelled"), "UTC", NOON, begun_at=None)
    assert (it.phase, it.rest, it.reason) == (Phase.SETTLING, "cancelled", "mailing_cancelled")


TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = {"from": "10:00", "to": "20:00"}


@pytest.mark.parametrize(
    ("begun_at", "opens_at"),
    [
        (None, TEN + DAY),
        (TEN - DAY, TEN + DAY),  # it had begun in yesterday's opening
        (TEN, TEN),
        (TEN + HOUR, TEN),  # the window opened later when it began
    ],
)
def test_a_late_wave_waits_for_tomorrow_unless_it_has_begun(
    begun_at: datetime | None, opens_at: datetime
) -> None:
    late = mailing(
        1, starts_at=TEN - DAY * 2, ends_at=NOON + DAY * 2, window=WINDOW, max_lateness=60
    )
    standing = judge(late, "UTC", NOON, begun_at=begun_at)
    assert standing.opens_at == opens_at
    assert standing.begin_by == opens_at + HOUR


@pytest.mark.parametrize(("minutes", "reason"), [(120, None), (119, "too_late")])
def test_a_wave_that_only_lateness_keeps_from_opening_says_so(
    minutes: int, reason: str | None
) -> None:
    today = mailing(1, starts_at=TEN - HOUR, ends_at=TEN + DAY, window=WINDOW, max_lateness=minutes)
    standing = judge(today, "UTC", NOON, begun_at=None)
    assert standing.reason == reason
    over = judge(today, "UTC", TEN + DAY, begun_at=None)
    assert over.reason == "window_passed"


def test_a_lateness_longer_than_the_opening_is_none() -> None:
    patient = mailing(1, starts_at=NOON, ends_at=NOON + HOUR, max_lateness=60)
    assert judge(patient, "UTC", NOON, begun_at=None).begin_by is None


@pytest.mark.parametrize("window", [None, WINDOW])
def test_a_zone_that_the_tz_database_does_not_have_expires(window: dict[str, str] | None) -> None:
    it = judge(mailing(1, window=window), "Mars/Olympus", NOON, begun_at=None)
    assert (it.phase, it.rest, it.reason) == (Phase.SETTLING, "expired", "unknown_zone")
    assert opening_at(mailing(1, window=window), "Mars/Olympus", NOON) is None


def test_the_opening_of_a_moment_is_found_however_late() -> None:
    late = mailing(1, starts_at=TEN, ends_at=TEN + DAY, window=WINDOW, max_lateness=1)
    assert opening_at(late, "UTC", NOON) == Opening(TEN, TEN.replace(hour=20))
    assert opening_at(late, "UTC", TEN - HOUR) is None


ZONES = ("Europe/Moscow", "Asia/Tokyo", "UTC-05:00", "Mars/Olympus")
TIMES: tuple[dict[str, Any], ...] = (
    {},
    {"window": {"from": "00:00", "to": "24:00"}},
    {"max_lateness": 30},
    {"window": WINDOW},
    {"holidays": [NOON.date()]},
    {
        "timing": "local",
        "starts_at": TEN.replace(tzinfo=None),
        "ends_at": (TEN + DAY).replace(tzinfo=None),
    },
)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("state", ["scheduled", "cancelled"])
def test_zones_are_judged_together_as_each_alone(times: dict[str, Any], state: str) -> None:
    it = mailing(1, state=state, **{"starts_at": TEN, "ends_at": NOON + DAY} | times)
    begun = dict(zip(ZONES, (None, TEN, NOON, None), strict=True))
    alone = {zone: judge(it, zone, NOON, begun_at=at) for zone, at in begun.items()}
    assert judge_all(it, begun, NOON) == alone
    openings = {zone: opening_at(it, zone, NOON) for zone in ZONES}
    assert openings_at(it, ZONES, NOON) == {z: o for z, o in openings.items() if o is not None}
