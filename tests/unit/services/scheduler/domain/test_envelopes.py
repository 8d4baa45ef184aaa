"""Envelopes: one mailing and zone each, what is shared written once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.scheduler.domain.envelopes import Ready, envelopes, together
from shared.contracts.commands import SendMessages
from shared.domain.local_time import Opening
from shared.domain.zones import tzdata_version
from tests.support.examples import mailing

NIGHT = datetime(2026, 11, 23, 20, tzinfo=UTC)
OPENINGS = {
    zone: Opening(NIGHT - timedelta(hours=hours), NIGHT)
    for hours, zone in enumerate(("UTC", "Asia/Tokyo", "Europe/Moscow"), start=1)
}


def ready(number: int, zone: str, **changes: Any) -> Ready:
    return Ready(
        number, number * 10, 3, "79990001122", zone, changes.pop("home", zone), 2, **changes
    )


def pack(*everybody: Ready, size: int = 100, **facts: Any) -> list[SendMessages]:
    return list(envelopes(mailing(5, revision=4, **facts), everybody, OPENINGS, size))


def test_every_message_is_in_one_envelope_of_its_zone() -> None:
    packed = pack(*(ready(n, ("Asia/Tokyo", "Europe/Moscow")[n % 2]) for n in range(7)), size=2)
    assert [(e.timezone, len(e.commands)) for e in packed] == [
        ("Asia/Tokyo", 2),
        ("Asia/Tokyo", 2),
        ("Europe/Moscow", 2),
        ("Europe/Moscow", 1),
    ]
    assert sorted(c.message_id for e in packed for c in e.commands) == list(range(7))
    assert {(e.mailing_id, e.mailing_revision, e.not_after) for e in packed} == {(5, 4, NIGHT)}


def test_small_zones_fill_messages_together() -> None:
    zones = ("Asia/Tokyo", "Europe/Moscow", "UTC")
    packed = pack(*(ready(n, zones[n % 3]) for n in range(13)), size=4)
    sizes = [[len(e.commands) for e in message] for message in together(packed, 4)]
    assert sizes == [[4], [1, 3], [1, 3], [1]]
    assert [e for message in together(packed, 4) for e in message] == packed


def test_without_room_beside_another_an_envelope_travels_alone() -> None:
    packed = pack(ready(1, "UTC"), ready(2, "Asia/Tokyo"))
    assert [len(message) for message in together(packed, 1)] == [1, 1]
    assert not list(together([], 4))


def test_a_command_says_whom_and_which_dispatch() -> None:
    (envelope,) = pack(ready(1, "UTC"))
    (command,) = envelope.commands
    assert (command.message_id, command.client_id, command.client_revision) == (1, 10, 3)
    assert (command.address, command.dispatch, command.attempt) == ("79990001122", 2, 1)


def test_the_same_text_for_all_is_written_once() -> None:
    (envelope,) = pack(ready(1, "UTC"), text="The bells ring")
    assert envelope.text == "The bells ring"
    assert envelope.commands[0].text is None


def test_each_client_has_a_text_of_their_own_when_it_is_a_template() -> None:
    (envelope,) = pack(ready(1, "UTC", text="Hello Olga"), text="Hello {{ name }}")
    assert envelope.text == ""
    assert envelope.commands[0].text == "Hello Olga"


def test_the_grounds_are_those_of_the_zone_the_client_lives_in_now() -> None:
    moved, stayed = pack(ready(1, "Europe/Moscow", home="Asia/Tokyo"), ready(2, "Europe/Moscow"))
    assert moved.timezone == stayed.timezone == "Europe/Moscow"
    assert moved.grounds is not None
    assert stayed.grounds is not None
    assert moved.grounds.timezone == "Asia/Tokyo"
    assert moved.grounds.opens_at.isoformat() == "2026-11-24T03:00:00+09:00"
    assert moved.grounds.closes_at.isoformat() == "2026-11-24T05:00:00+09:00"
    assert stayed.grounds.closes_at.isoformat() == "2026-11-23T23:00:00+03:00"
    assert stayed.grounds.mailing_id == 5
    assert stayed.grounds.tzdata == tzdata_version()


def test_a_text_that_was_perhaps_said_before_keeps_its_revision() -> None:
    now, before = pack(ready(2, "UTC", text="as before", text_revision=3), ready(1, "UTC"))
    assert [e.grounds.text_revision for e in (now, before) if e.grounds] == [4, 3]
    assert before.commands[0].text == "as before"
