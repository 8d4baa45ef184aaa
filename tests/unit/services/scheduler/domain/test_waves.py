"""Where a wave stands: waiting, open, or never to open again."""

from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.domain.waves import Phase, judge
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_before_the_mailing_a_wave_waits_for_its_opening() -> None:
    standing = judge(
        mailing(1, starts_at=NOON, ends_at=NOON + HOUR), "UTC", NOON - HOUR, begun=False
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
    it = judge(mailing(1, starts_at=NOON, ends_at=NOON + HOUR), "UTC", now, begun=False)
    assert it.phase is phase


def test_a_wave_without_a_window_left_is_expired_and_says_why() -> None:
    night = {"from": "01:00", "to": "02:00"}
    it = judge(
        mailing(1, starts_at=NOON, ends_at=NOON + HOUR, window=night), "UTC", NOON, begun=False
    )
    assert (it.phase, it.rest, it.reason) == (Phase.SETTLING, "expired", "window_passed")


def test_a_cancelled_mailing_opens_nowhere() -> None:
    it = judge(mailing(1, state="cancelled"), "UTC", NOON, begun=False)
    assert (it.phase, it.rest, it.reason) == (Phase.SETTLING, "cancelled", "mailing_cancelled")


@pytest.mark.parametrize(("begun", "day"), [(False, 24), (True, 23)])
def test_a_late_wave_waits_for_tomorrow_unless_it_has_begun(begun: bool, day: int) -> None:
    window = {"from": "10:00", "to": "20:00"}
    late = mailing(
        1, starts_at=NOON - HOUR * 12, ends_at=NOON + HOUR * 48, window=window, max_lateness=60
    )
    standing = judge(late, "UTC", NOON, begun=begun)
    assert standing.opens_at == datetime(2026, 11, day, 10, tzinfo=UTC)
