"""A message that is sent again may have a deadline of its own."""

from datetime import UTC, datetime, timedelta

from services.scheduler.domain.replays import within
from services.scheduler.domain.schedules import is_over
from services.scheduler.domain.waves import Phase, judge, opening_at
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OVER = mailing(1, starts_at=NOON - 3 * HOUR, ends_at=NOON - HOUR)
LATER = NOON + 2 * HOUR


def test_without_a_deadline_of_its_own_the_mailing_is_what_it_is() -> None:
    assert within(OVER, None) is OVER


def test_a_mailing_that_is_over_goes_on_for_those_with_a_later_deadline() -> None:
    longer = within(OVER, LATER)
    assert (longer.mailing_id, longer.revision) == (1, 1)
    assert is_over(OVER, NOON)
    assert not is_over(longer, NOON)
    opening = opening_at(longer, "Europe/Moscow", NOON)
    assert opening is not None
    assert opening.closes_at == LATER


def test_a_deadline_may_be_earlier_than_the_mailings_own() -> None:
    open_still = mailing(1, starts_at=NOON - HOUR, ends_at=NOON + 9 * HOUR)
    assert is_over(within(open_still, NOON), NOON)


def test_a_deadline_by_the_clients_clocks() -> None:
    local = mailing(
        1,
        timing="local",
        starts_at=datetime(2026, 11, 22, 10),  # noqa: DTZ001 - a wall clock's
        ends_at=datetime(2026, 11, 22, 20),  # noqa: DTZ001
    )
    longer = within(local, datetime(2026, 11, 23, 20))  # noqa: DTZ001
    opening = opening_at(longer, "Asia/Tokyo", NOON - 2 * HOUR)
    assert opening is not None
    assert opening.closes_at == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert opening_at(longer, "Asia/Tokyo", NOON) is None


def test_a_deadline_that_is_no_instant_of_the_mailing_any_more() -> None:
    """The timing was changed after the replay."""
    assert within(OVER, datetime(2026, 11, 24)) is OVER  # noqa: DTZ001


def test_a_mailing_that_now_begins_after_the_deadline_has_no_opening_left() -> None:
    moved = mailing(1, starts_at=NOON + 9 * HOUR, ends_at=NOON + 10 * HOUR)
    standing = judge(within(moved, LATER), "Europe/Moscow", NOON, begun_at=None)
    assert (standing.phase, standing.reason) == (Phase.SETTLING, "window_passed")
