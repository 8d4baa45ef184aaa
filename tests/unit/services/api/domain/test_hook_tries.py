from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain.failures import Conflict
from services.api.domain.hook_log import Delivery, DeliveryState, check_replayable
from services.api.domain.hook_tries import (
    AWAY,
    AWAY_TRIES,
    LEASE,
    PAUSES,
    TRIED_FOR,
    TRY_LIMIT,
    Trouble,
    answered,
    next_try,
    was_away,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_will_do(status: int) -> None:
    assert answered(status, 5).is_taken


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (301, Trouble.REDIRECTED),
        (307, Trouble.REDIRECTED),
        (304, Trouble.REDIRECTED),
        (400, Trouble.REFUSED),
        (404, Trouble.REFUSED),
        (410, Trouble.REFUSED),
        (500, Trouble.REFUSED),
        (199, Trouble.REFUSED),
    ],
)
def test_anything_else_will_not(status: int, trouble: Trouble) -> None:
    tried = answered(status, 5)
    assert (tried.is_taken, tried.trouble, tried.status) == (False, trouble, status)
    assert tried.is_gone is (status == 410)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (503, "120", 120),
        (429, " 7 ", 7),
        (429, "99999", 3600),
        (500, "120", 0),
        (503, None, 0),
        (503, "", 0),
        (503, "-5", 0),
        (503, "1e9", 0),
        (503, "9" * 50, 0),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", 0),
    ],
)
def test_how_long_a_receiver_may_ask_us_to_wait(
    status: int, header: str | None, seconds: int
) -> None:
    assert answered(status, 5, header).told_to_wait == timedelta(seconds=seconds)


def test_it_is_tried_for_about_three_days() -> None:
    at, give_up_at, tries = NOW, NOW + TRIED_FOR, 1
    while (following := next_try(tries, give_up_at, at)) is not None:
        assert following - at == PAUSES[min(tries, len(PAUSES)) - 1]
        at, tries = following, tries + 1
    assert timedelta(days=2) - timedelta(hours=6) < at - NOW <= TRIED_FOR
    assert 10 <= tries <= 15
    assert list(PAUSES) == sorted(PAUSES)


def test_a_lease_outlives_a_try() -> None:
    assert timedelta(seconds=TRY_LIMIT) < LEASE


def test_who_was_away() -> None:
    assert not was_away(0, None, NOW)
    assert not was_away(AWAY_TRIES, NOW - AWAY + timedelta(seconds=1), NOW)
    assert not was_away(AWAY_TRIES - 1, NOW - AWAY, NOW)
    assert was_away(AWAY_TRIES, NOW - AWAY, NOW)


@pytest.mark.parametrize("state", DeliveryState)
def test_what_ended_is_replayed(state: DeliveryState) -> None:
    delivery = Delivery(9, 1, state, ("ping",), 1, NOW, NOW, None)
    assert delivery.webhook_message_id == "msg_9"
    if state is DeliveryState.PENDING:
        with pytest.raises(Conflict, match="by itself"):
            check_replayable(delivery)
    else:
        check_replayable(delivery)
