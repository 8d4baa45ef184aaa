"""Messages that come back to a scheduler that has no row of them."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import clients, mailing
from tests.support.house import eventually
from tests.support.tap import PATIENCE

STRAY = 77


def returned(client_id: int, **changes: Any) -> DeliveryEvents:
    facts: dict[str, Any] = {
        "message_id": STRAY,
        "mailing_id": 1,
        "client_id": client_id,
        "timezone": "Europe/Moscow",
        "dispatch": 3,
        "attempt": 1,
        "kind": "returned",
        "at": datetime.now(UTC),
        "reason": "gate_moved",
    }
    return DeliveryEvents(kind="returned", events=(DeliveryEvent(**facts | changes),))


async def test_a_stray_is_adopted_and_its_client_gets_no_other_message(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(returned(1))
        rows = "SELECT count(*) FROM message WHERE state = 'held'"
        await eventually(lambda: world.count(rows), PATIENCE, every=0.02)
        await world.event(clients([1, 2]), mailing(1))
        await tap.until(lambda: len(world.commands(1)) == 2)
        sent = {each.client_id: (each.message_id, each.dispatch) for each in world.commands(1)}
        assert sent[1] == (STRAY, 4)
        assert sent[2][1] == 1


async def test_a_stray_whose_client_has_another_message_is_ended(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(clients([1]), mailing(1))
        await world.emitted()
        twice = returned(1)
        await world.event(twice, twice)
        await tap.until(lambda: len(world.told("cancelled")) == 2)
        (stray, again) = world.told("cancelled")
        assert again == stray
        assert (stray.message_id, stray.dispatch, stray.reason) == (STRAY, 4, "superseded")
        assert await world.count("SELECT count(*) FROM message") == 1
        assert len(world.commands(1)) == 1


async def test_a_trial_that_came_back_gets_no_row(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(returned(0, mailing_id=0))
        await tap.until(lambda: bool(world.told("expired")))
        assert await world.count("SELECT count(*) FROM message") == 0
