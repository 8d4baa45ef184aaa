"""Who is contacted when clients and filters change: once, or not at all; live and frozen."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.adapters import picking
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.directory import ClientsChanged
from shared.contracts.progress import WavesPlanned
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, clients, mailing

DAY = timedelta(days=1)
EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
TEN = EIGHT.replace(hour=10)
WINDOW = {"from": "10:00", "to": "20:00"}
# Two zones whose windows open one after the other: at ten and at twelve.
FIRST, SECOND = "UTC", "UTC-02:00"
TODAY: dict[str, Any] = {"starts_at": EIGHT - DAY, "ends_at": EIGHT + DAY, "window": WINDOW}
FROZEN = TODAY | {"audience": "frozen"}
GOLD: dict[str, Any] = {"filter": {"tags": ["gold"]}}
SILVER: dict[str, Any] = {"filter": {"tags": ["silver"]}}
NOBODY: dict[str, Any] = {"filter": {"tags": ["nobody"]}}

ENDS: tuple[Kind, ...] = ("cancelled", "expired")


def moved(number: int, zone: str, revision: int = 2, **facts: Any) -> ClientsChanged:
    return ClientsChanged(clients=(client(number, revision=revision, timezone=zone, **facts),))


def gone(number: int) -> ClientsChanged:
    nothing = {"phone": "", "operator_code": "", "timezone": ""}
    return ClientsChanged(clients=(client(number, revision=9, deleted=True, **nothing),))


def sizes(world: World) -> dict[str, int]:
    """The newest size of every wave that was spoken of."""
    newest: dict[str, tuple[int, int]] = {}
    for told in world.tap.of("progress.planned", WavesPlanned):
        for wave in told.waves:
            newest[wave.timezone] = max(newest.get(wave.timezone, (0, 0)), (wave.seq, wave.size))
    return {zone: size for zone, (_, size) in newest.items()}


def ends(world: World) -> dict[int, tuple[str, str | None, str]]:
    """Whom the scheduler itself has ended, how, why and in which zone's books."""
    told = [(kind, event) for kind in ENDS for event in world.told(kind)]
    return {event.client_id: (kind, event.reason, event.timezone) for kind, event in told}


async def both_zones(world: World, **plan: Any) -> None:
    """Clients 1-5 in the first zone and 6-10 in the second, a mailing planned at eight."""
    await world.at(EIGHT)
    await world.event(clients(range(1, 6), timezone=FIRST, tags=("gold",)))
    await world.event(clients(range(6, 11), timezone=SECOND, tags=("gold",)))
    await world.event(mailing(1, **(plan or TODAY)))
    await world.tap.until(lambda: sizes(world) == {FIRST: 5, SECOND: 5})


async def first_zone_taken(world: World) -> None:
    await world.heard()
    await world.at(TEN)
    await world.tap.until(lambda: len(world.told("queued")) >= len(world.commands()) > 0)
    await asyncio.sleep(0.2)


async def second_zone_taken(world: World, revision: int = 1) -> int:
    await world.heard()
    await world.at(TEN + timedelta(hours=2))
    return await world.emitted(revision)


@pytest.mark.parametrize("plan", [TODAY, FROZEN])
async def test_who_moves_from_a_zone_that_was_taken_is_contacted_once(
    world: World, plan: dict[str, Any]
) -> None:
    async with world.listening(), world.scheduler():
        await both_zones(world, **plan)
        await first_zone_taken(world)
        await world.event(moved(1, SECOND))
        assert await second_zone_taken(world) == 10
    assert world.reached() == dict.fromkeys(range(1, 11), 1)


async def test_who_moves_into_a_zone_that_was_taken_is_not_contacted(world: World) -> None:
    async with world.listening(), world.scheduler():
        await both_zones(world)
        await first_zone_taken(world)
        await world.event(moved(6, FIRST))
        assert await second_zone_taken(world) == 9
    assert world.reached() == dict.fromkeys(set(range(1, 11)) - {6}, 1)


async def test_who_joins_before_the_opening_is_counted_and_contacted_later_ones_are_not(
    world: World,
) -> None:
    async with world.listening(), world.scheduler():
        await both_zones(world)
        await world.event(moved(11, FIRST, revision=1), moved(12, SECOND, revision=1))
        await world.tap.until(lambda: sizes(world) == {FIRST: 6, SECOND: 6})
        await first_zone_taken(world)
        await world.event(moved(13, FIRST, revision=1))
        assert await second_zone_taken(world) == 12
    assert world.reached() == dict.fromkeys(range(1, 13), 1)


@pytest.mark.parametrize("few", [picking.FEW, 0])
async def test_a_live_audience_is_who_matches_when_the_wave_opens(
    world: World, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However they are found."""
    monkeypatch.setattr(picking, "FEW", few)
    monkeypatch.setattr(picking, "CHEAPER", few)
    async with world.listening(), world.scheduler():
        await both_zones(world, **TODAY, **GOLD)
        await world.event(moved(7, SECOND, tags=("silver",)), gone(8))
        await world.event(moved(11, SECOND, revision=1, tags=("gold",)))
        await first_zone_taken(world)
        assert await second_zone_taken(world) == 9
    assert world.reached() == dict.fromkeys({1, 2, 3, 4, 5, 6, 9, 10, 11}, 1)


@pytest.mark.parametrize("few", [picking.FEW, 0])
async def test_a_frozen_audience_is_who_matched_at_the_launch(
    world: World, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However its members are found."""
    monkeypatch.setattr(picking, "FEW", few)
    async with world.listening(), world.scheduler():
        await both_zones(world, **FROZEN, **GOLD)
        await world.event(moved(7, SECOND, tags=("silver",)))
        await world.event(moved(11, SECOND, revision=1, tags=("gold",)))
        await world.event(mailing(1, 2, **FROZEN, **NOBODY))
        await first_zone_taken(world)
        assert await second_zone_taken(world, revision=2) == 10
    assert world.reached() == dict.fromkeys(range(1, 11), 1)


async def test_the_books_of_a_frozen_audience_end_with_its_number(world: World) -> None:
    async with world.listening(), world.scheduler():
        await both_zones(world, **FROZEN)
        await first_zone_taken(world)
        await world.event(gone(7), moved(8, FIRST))
        assert await second_zone_taken(world) == 10
        await world.tap.until(lambda: len(ends(world)) == 2)
        await world.tap.until(lambda: sizes(world) == {FIRST: 5, SECOND: 5})
    assert ends(world) == {
        7: ("cancelled", "client_deleted", SECOND),
        8: ("expired", "zone_changed", SECOND),
    }
    assert world.reached() == dict.fromkeys(set(range(1, 11)) - {7, 8}, 1)


async def test_another_filter_reaches_others_and_nobody_twice(world: World) -> None:
    async with world.listening(), world.scheduler():
        await both_zones(world, **TODAY, **GOLD)
        await world.event(moved(3, FIRST, tags=("silver",)))
        await world.event(clients(range(11, 14), timezone=FIRST, tags=("silver",)))
        await first_zone_taken(world)
        await world.event(mailing(1, 2, **TODAY, **SILVER))
        assert await second_zone_taken(world, revision=2) == 8
    assert world.reached() == dict.fromkeys({*range(1, 6), *range(11, 14)}, 1)


async def test_other_words_and_hours_do_not_open_again_what_was_taken(world: World) -> None:
    async with world.listening(), world.scheduler():
        await both_zones(world)
        await first_zone_taken(world)
        await world.event(moved(11, FIRST, revision=1))
        longer = TODAY | {"text": "Other bells", "ends_at": EIGHT + 2 * DAY}
        await world.event(mailing(1, 2, **longer))
        assert await second_zone_taken(world, revision=2) == 10
    assert world.reached() == dict.fromkeys(range(1, 11), 1)
    assert [e.text for e in world.envelopes()] == ["The bells ring", "Other bells"]


async def test_a_zone_that_nobody_knows_any_more_stops_nothing(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.at(EIGHT)
        await world.event(moved(20, "Mars/Olympus"))
        await both_zones_beside_mars(world)
        await first_zone_taken(world)
        assert await second_zone_taken(world) == 11
        await world.tap.until(lambda: bool(ends(world)))
    assert ends(world) == {20: ("expired", "unknown_zone", "Mars/Olympus")}
    assert world.reached() == dict.fromkeys(range(1, 11), 1)


async def both_zones_beside_mars(world: World) -> None:
    await world.event(clients(range(1, 6), timezone=FIRST))
    await world.event(clients(range(6, 11), timezone=SECOND), mailing(1, **TODAY))
    await world.tap.until(lambda: sizes(world).get(SECOND) == 5)


async def test_a_later_end_brings_back_who_had_expired(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.at(TEN.replace(hour=23))
        await world.event(clients(range(1, 6), timezone=FIRST), mailing(1, **TODAY))
        assert await world.emitted() == 5
        assert len(world.told("expired")) == 5
        longer = TODAY | {"ends_at": EIGHT + 2 * DAY}
        await world.event(moved(6, FIRST, revision=1), mailing(1, 2, **longer))
        await world.tap.until(lambda: len(world.told("planned")) == 5)
        # Nothing is declared to be at its end while they wait.
        await world.at(TEN + DAY)
        assert await world.emitted(2) == 6
        await world.tap.until(lambda: len(world.commands()) == 6)
    assert {c.client_id: c.dispatch for c in world.commands()} == dict.fromkeys(range(1, 6), 2) | {
        6: 1
    }
    assert sizes(world) == {FIRST: 6}


async def test_the_filter_put_back_brings_back_whom_it_had_excluded(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.at(TEN)
        await world.event(clients([1], timezone=FIRST, tags=("gold",)), mailing(1, **TODAY))
        assert await world.emitted() == 1
        await world.event(mailing(1, 2, **TODAY, **SILVER), back(world))
        await world.tap.until(lambda: bool(world.told("cancelled")))
        await world.event(mailing(1, 3, **TODAY, **GOLD))
        await world.tap.until(lambda: len(world.commands()) == 2)
        assert await world.emitted(3) == 1
        assert [event.reason for event in world.told("cancelled")] == ["not_in_audience"]
    assert world.commands()[1].dispatch == 3


def back(world: World) -> DeliveryEvents:
    """The first command comes back: its mailing has changed."""
    envelope = world.envelopes()[0]
    command = envelope.commands[0]
    event = DeliveryEvent(
        message_id=command.message_id,
        mailing_id=1,
        client_id=command.client_id,
        timezone=envelope.timezone,
        dispatch=command.dispatch,
        attempt=1,
        kind="returned",
        at=world.clock.now(),
        reason="gate_moved",
        mailing_revision=2,
    )
    return DeliveryEvents(kind="returned", events=(event,))
