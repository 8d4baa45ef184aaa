"""When nobody, anywhere, will be sent a mailing any more."""

from datetime import UTC, datetime, timedelta

from services.scheduler.domain.schedules import is_over
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def test_an_absolute_end_is_the_same_everywhere() -> None:
    it = mailing(1, ends_at=NOON)
    assert not is_over(it, NOON - INSTANT)
    assert is_over(it, NOON)


def test_a_local_end_comes_last_in_the_west() -> None:
    wall = NOON.replace(tzinfo=None)
    it = mailing(1, timing="local", starts_at=wall - timedelta(days=1), ends_at=wall)
    assert not is_over(it, NOON + timedelta(hours=12) - INSTANT)
    assert is_over(it, NOON + timedelta(hours=12))


def test_a_cancelled_mailing_is_over() -> None:
    assert is_over(mailing(1, state="cancelled", ends_at=NOON), NOON - timedelta(days=1))
