"""What came back: handed out again, or ended as what it is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.scheduler.domain.returned import Client
from services.scheduler.domain.uncertain import PERHAPS_ACCEPTED
from services.scheduler.ports import Member
from shared.contracts.delivery import DeliveryEvent
from tests.unit.services.scheduler.handlers.test_emission import NOON, House, member

GONE = Client(deleted=True, zone="UTC", operator_code="", tags=())
TOKYO = "Asia/Tokyo"  # 21:00 at NOON
SAID = "Hello"


@pytest.fixture
def house() -> House:
    return House()


async def decided(house: House, *members: Member, **facts: Any) -> list[DeliveryEvent]:
    house.launch(1, **facts)
    house.returned[1] = list(members)
    await house.emitter.emit_round()
    return [event for told in house.told for event in told.events]


ENDS: list[tuple[dict[str, Any], str, str]] = [
    ({"ends_at": NOON - timedelta(hours=1)}, "expired", "window_passed"),
    ({"state": "cancelled"}, "cancelled", "mailing_cancelled"),
    ({"filter": {"tags": ["nobody"]}}, "cancelled", "not_in_audience"),
]


@pytest.mark.parametrize(("facts", "kind", "reason"), ENDS)
async def test_what_surely_was_not_sent_ends_as_what_ended_it(
    house: House, facts: dict[str, Any], kind: str, reason: str
) -> None:
    [event] = await decided(house, member(1, dispatch=2), **facts)
    assert (event.kind, event.reason, event.detail) == (kind, reason, None)


@pytest.mark.parametrize(("facts", "kind", "reason"), ENDS)
async def test_what_may_have_been_accepted_ends_as_unknown_with_the_reason(
    house: House, facts: dict[str, Any], kind: str, reason: str
) -> None:
    [event] = await decided(house, member(1, dispatch=2, text=SAID), **facts)
    assert (event.kind, event.reason, event.detail) == ("unknown", reason, PERHAPS_ACCEPTED)
    assert (event.dispatch, event.attempt) == (2, 0)
    assert not house.sent


async def test_what_may_have_been_accepted_by_a_client_who_is_gone(house: House) -> None:
    certain = member(1, dispatch=2)
    uncertain = member(2, dispatch=2, text=SAID)
    gone = [replace(each, client=GONE) for each in (certain, uncertain)]
    told = await decided(house, *gone)
    assert {event.message_id: event.kind for event in told} == {1: "cancelled", 2: "unknown"}
    assert {event.reason for event in told} == {"client_deleted"}


async def test_what_may_have_been_accepted_waits_for_its_next_window_like_any_other(
    house: House,
) -> None:
    uncertain = member(1, zone=TOKYO, dispatch=2, text=SAID)
    ends_at = NOON + timedelta(days=2)
    [event] = await decided(
        house, uncertain, window={"from": "10:00", "to": "20:00"}, ends_at=ends_at
    )
    assert (event.kind, event.reason) == ("planned", None)


async def test_what_may_have_been_accepted_is_said_again_though_the_text_has_changed(
    house: House,
) -> None:
    [event] = await decided(house, member(1, dispatch=2, text=SAID), text="Good evening")
    assert event.kind == "queued"
    assert [command.text for envelope in house.sent for command in envelope.commands] == [SAID]
