"""What came back: handed out again, or ended as what it is."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from services.scheduler.domain.returned import Client
from services.scheduler.domain.uncertain import OTHER_WORDS, PERHAPS_ACCEPTED
from services.scheduler.ports import Member
from shared.contracts.delivery import DeliveryEvent
from shared.domain.templates import Recipient
from tests.unit.services.scheduler.handlers.test_emission import NOON, House, member

GONE = Client(deleted=True, zone="UTC", operator_code="", tags=())
TOKYO = "Asia/Tokyo"  # 21:00 at NOON
SAID = "Hello"
OLGA = Recipient(
    name=None,
    phone="79990001122",
    email=None,
    timezone="UTC",
    operator_code="999",
    tags=(),
    attributes=None,
)


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
    gone = [each._replace(client=GONE) for each in (certain, uncertain)]
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


def sha256_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def test_who_is_sent_again_says_the_same_as_the_call_that_may_have_been_accepted(
    house: House,
) -> None:
    same = member(1, dispatch=2, text_sha256=sha256_of(SAID))
    other = member(2, dispatch=2, text_sha256=sha256_of("Good evening"))
    told = await decided(house, same, other, text=SAID)
    assert {event.message_id: event.kind for event in told} == {1: "queued", 2: "unknown"}
    [unknown] = [event for event in told if event.kind == "unknown"]
    assert (unknown.reason, unknown.detail, unknown.dispatch) == ("text_changed", OTHER_WORDS, 2)
    assert house.commands() == [1]


async def test_what_a_template_says_now_is_what_counts(house: House) -> None:
    olga = replace(OLGA, name="Olga")
    same = member(1, dispatch=2, recipient=olga, text_sha256=sha256_of("Hello Olga"))
    renamed = member(2, dispatch=2, recipient=olga, text_sha256=sha256_of("Hello Olya"))
    nameless = member(3, dispatch=2, recipient=OLGA, text_sha256=sha256_of("Hello Olga"))
    told = await decided(house, same, renamed, nameless, text="Hello {{ name }}")
    assert {event.message_id: (event.kind, event.reason) for event in told} == {
        1: ("queued", None),
        2: ("unknown", "text_changed"),
        3: ("unknown", "template_variable_missing"),
    }


async def test_a_kept_text_is_said_again_whatever_the_hash(house: House) -> None:
    kept = member(1, dispatch=2, text=SAID, text_sha256=sha256_of("Good evening"))
    [event] = await decided(house, kept, text="Good night")
    assert event.kind == "queued"


async def test_who_is_sent_again_in_vain_is_as_unknown_as_before(house: House) -> None:
    unknown = member(1, dispatch=2, text_sha256=sha256_of(SAID))
    [event] = await decided(house, unknown, text=SAID, ends_at=NOON - timedelta(hours=1))
    assert (event.kind, event.reason) == ("unknown", "window_passed")


async def test_a_deadline_of_their_own_is_for_those_who_have_one(house: House) -> None:
    house.launch(1, ends_at=NOON - timedelta(hours=1))
    later = NOON + timedelta(hours=1)
    house.returned[1] = [member(1, dispatch=2)]
    house.apart[1, later] = [member(2, dispatch=2)]
    await house.emitter.emit_round()
    assert {event.message_id: event.kind for told in house.told for event in told.events} == {
        1: "expired",
        2: "queued",
    }
    [envelope] = house.sent
    assert envelope.not_after == later


async def test_only_those_who_will_not_be_sent_to_are_settled_without_room(house: House) -> None:
    house.launch(1, ends_at=NOON - timedelta(hours=1))
    house.room = {True: 0, False: 0}
    house.returned[1] = [member(1, dispatch=2)]
    house.apart[1, NOON] = [member(2, dispatch=2)]
    house.apart[1, NOON + timedelta(hours=1)] = [member(3, dispatch=2)]
    await house.emitter.emit_round()
    assert await house.emitter.settle_round()
    assert {event.message_id for told in house.told for event in told.events} == {1, 2}
    assert not house.sent
    assert not await house.emitter.settle_round()


async def test_a_turn_is_shared_by_all_deadlines(house: House) -> None:
    house.launch(1, rate_per_second=25)
    house.returned[1] = [member(1, dispatch=2)]
    for hours in (1, 2):
        house.apart[1, NOON + timedelta(hours=hours)] = [
            member(10 * hours + n, dispatch=2) for n in range(3)
        ]
    await house.emitter.emit_round()
    assert len(house.commands()) == 5
