"""What becomes of a message that came back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.returned import (
    Client,
    Emit,
    End,
    HoldUntil,
    decide,
    due_after,
    matches,
)
from shared.contracts.commands import Grounds
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.mailings import FilterSpec
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOMEBODY = Client(deleted=False, zone="UTC", operator_code="999", tags=("gold",))
DAY: dict[str, Any] = {
    "starts_at": NOON - timedelta(hours=12),
    "ends_at": NOON + timedelta(hours=36),
}


def test_in_the_window_it_goes_out_again_until_the_window_closes() -> None:
    verdict = decide(
        mailing(1, **DAY, window={"from": "10:00", "to": "20:00"}), SOMEBODY, NOON, returned_at=None
    )
    assert verdict == Emit(NOON.replace(hour=20))


def test_outside_it_waits_for_the_next_window_of_its_clients_present_zone() -> None:
    away = Client(False, "Asia/Tokyo", "999", ())
    verdict = decide(
        mailing(1, **DAY, window={"from": "10:00", "to": "20:00"}), away, NOON, returned_at=None
    )
    assert verdict == HoldUntil(datetime(2026, 11, 24, 1, tzinfo=UTC))


def test_without_a_window_left_it_expires() -> None:
    past = mailing(1, starts_at=NOON - timedelta(hours=2), ends_at=NOON - timedelta(hours=1))
    assert decide(past, SOMEBODY, NOON, returned_at=None) == End("expired", "window_passed")


def test_a_deleted_client_or_a_cancelled_mailing_ends_it() -> None:
    gone = Client(True, "", "", ())
    assert decide(mailing(1, **DAY), gone, NOON, returned_at=None) == End(
        "cancelled", "client_deleted"
    )
    cancelled = mailing(1, state="cancelled", **DAY)
    assert decide(cancelled, SOMEBODY, NOON, returned_at=None) == End(
        "cancelled", "mailing_cancelled"
    )


def test_who_is_blocked_gets_nothing_whatever_the_hour() -> None:
    blocked = Client(False, "UTC", "999", ("gold",), blocked=True)
    night = mailing(1, **DAY, window={"from": "01:00", "to": "02:00"})
    for one in (mailing(1, **DAY), night, mailing(1, **DAY, audience="frozen")):
        assert decide(one, blocked, NOON, returned_at=NOON) == End("suppressed", "blocked")


def test_who_is_no_longer_in_the_audience_gets_nothing() -> None:
    silver = mailing(1, **DAY, filter={"tags": ["silver"]})
    assert decide(silver, SOMEBODY, NOON, returned_at=None) == End("cancelled", "not_in_audience")


def test_who_was_in_a_frozen_audience_stays_in_it() -> None:
    silver = mailing(1, **DAY, filter={"tags": ["silver"]}, audience="frozen")
    assert isinstance(decide(silver, SOMEBODY, NOON, returned_at=None), Emit)


@pytest.mark.parametrize(
    ("returned_at", "opens_on"), [(NOON, None), (NOON - timedelta(days=1), 24), (None, 24)]
)
def test_it_is_late_for_an_opening_unless_it_was_on_its_way_in_it(
    returned_at: datetime | None, opens_on: int | None
) -> None:
    window = {"from": "10:00", "to": "20:00"}
    strict = mailing(1, **DAY, window=window, max_lateness=60)
    verdict = decide(strict, SOMEBODY, NOON, returned_at=returned_at)
    if opens_on is None:
        assert verdict == Emit(NOON.replace(hour=20))
    else:
        assert verdict == HoldUntil(NOON.replace(day=opens_on, hour=10))


@pytest.mark.parametrize(
    ("tags", "codes", "expected"),
    [
        (None, None, True),
        (("gold", "x"), None, True),
        (("x",), None, False),
        (None, ("999",), True),
        (None, ("900",), False),
        (("gold",), ("999",), True),
        (("gold",), ("900",), False),
        (("x",), ("999",), False),
    ],
)
def test_a_filter_matches_any_tag_and_any_code(
    tags: tuple[str, ...] | None, codes: tuple[str, ...] | None, expected: bool
) -> None:
    assert matches(FilterSpec(tags=tags, operator_codes=codes), SOMEBODY) is expected


@pytest.mark.parametrize(("reason", "pause"), [("gate_moved", 0), ("channel_stopped", 30)])
def test_a_stopped_channel_is_given_time(reason: str, pause: int) -> None:
    event = DeliveryEvent(
        message_id=1,
        mailing_id=1,
        client_id=1,
        timezone="UTC",
        dispatch=1,
        kind="returned",
        at=NOON,
        reason=reason,
    )
    assert due_after(event, None, NOON) == NOON + timedelta(seconds=pause)


@pytest.mark.parametrize("left", [-1, 0, 48])
def test_what_came_too_late_for_its_window_is_not_tried_again_in_it(left: int) -> None:
    closes = NOON + timedelta(seconds=left)
    grounds = Grounds(
        mailing_id=1,
        timezone="UTC",
        opens_at=NOON - timedelta(hours=1),
        closes_at=closes,
        tzdata="2026b",
        text_revision=1,
    )
    event = DeliveryEvent(
        message_id=1,
        mailing_id=1,
        client_id=1,
        timezone="UTC",
        dispatch=1,
        kind="returned",
        at=NOON,
        reason="window_closed",
    )
    assert due_after(event, grounds, NOON) == max(NOON, closes)
    assert due_after(event, None, NOON) == NOON
