"""What stands still is taken up again while the same leader goes on."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.scheduler.adapters.outlet import BrokerOutlet
from services.scheduler.adapters.piles import PostgresPiles
from services.scheduler.entrypoints import rounds
from services.scheduler.handlers import catching_up
from services.scheduler.handlers.publishing import LEFT_AFTER
from services.scheduler.handlers.watching import Watching
from shared.contracts.base import Message
from shared.contracts.directory import ClientsChanged
from shared.contracts.progress import MailingEmitted, WavesPlanned
from shared.runtime.broker import PublishFailed
from shared.runtime.clock import SystemClock
from tests.integration.services.scheduler.conftest import World
from tests.integration.services.scheduler.test_crashes import written_but_not_published
from tests.integration.services.scheduler.test_returned import returned
from tests.support.examples import client, clients, mailing
from tests.support.house import eventually
from tests.support.tap import PATIENCE

LONG_ENOUGH = catching_up.PATIENCE + timedelta(seconds=1)
LONG_OVERDUE = (
    "UPDATE message SET state = 'held', due_at = now() - interval '6 min' WHERE client_id <= 3",
    "UPDATE message SET state = 'held', due_at = now() WHERE client_id = 4",
    "UPDATE wave SET phase = 'open', closes_at = now() - interval '6 min'",
    """
    INSERT INTO wave (mailing_id, timezone, phase, size, rest, opens_at)
    VALUES (1, 'Asia/Tokyo', 'pending', 1, 'waiting', now() - interval '6 min'),
           (1, 'Asia/Omsk', 'pending', 1, 'waiting', now() - interval '1 min')
    """,
    "UPDATE mailing SET unheard_since = now() - interval '1 hour'",
)
STRAY_WAVE = text(
    """
    INSERT INTO wave (mailing_id, timezone, phase, size, rest, seq, announced_seq, opens_at)
    VALUES (1, 'Asia/Tokyo', 'pending', 3, 'waiting', 1, 1, now() + interval '1 day')
    """
)
LEFT = text(
    """
    INSERT INTO batch (
        mailing_id, mailing_revision, kind, message_ids, client_revisions, written_at
    )
    SELECT 1, 1, 'queued', array_agg(id), array_agg(1), now() - interval '1 minute'
    FROM message WHERE client_id <= 5
    """
)


async def test_a_batch_whose_publishing_failed_does_not_wait_for_the_next_leader(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the emission: whoever is left over of a frozen audience is told of there."""
    tell, failures = BrokerOutlet.tell, ["once"]

    async def failing_once(self: BrokerOutlet, message: Message) -> None:
        if message.key == "delivery.cancelled" and failures:
            raise PublishFailed(failures.pop())
        await tell(self, message)

    monkeypatch.setattr(BrokerOutlet, "tell", failing_once)
    opens_at = world.clock.now() + 2 * LEFT_AFTER
    async with world.listening() as tap, world.scheduler():
        frozen = mailing(1, audience="frozen", starts_at=opens_at)
        await world.event(clients(range(1, 4)), frozen)
        await world.event(clients([2], revision=2, deleted=True, phone=""))
        await world.heard()
        await world.at(opens_at)
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
    assert not failures
    assert [event.client_id for event in world.told("cancelled")] == [2]
    assert world.reached() == {1: 1, 3: 1}
    assert await world.count("SELECT count(*) FROM batch") == 0


async def test_commands_that_were_left_go_out_once_more_under_the_same_dispatch(
    world: World,
) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(clients(range(1, 21)), mailing(1))
        assert await world.emitted() == 20
        async with world.engine.begin() as connection:
            await connection.execute(LEFT)
        await tap.until(lambda: len(world.commands()) == 25)
        await tap.until(lambda: len(world.told("queued")) == 25)
        await eventually(lambda: forgotten(world), PATIENCE, every=0.02)
    assert len({(c.message_id, c.dispatch) for c in world.commands()}) == 20


async def forgotten(world: World) -> bool:
    return await world.count("SELECT count(*) FROM batch") == 0


async def test_a_wave_that_came_behind_the_end_is_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "BETWEEN_CATCHING_UP", 0.1)
    async with world.listening() as tap, world.scheduler():
        await world.event(clients([1]), mailing(1))
        assert await world.emitted() == 1
        async with world.engine.begin() as connection:
            await connection.execute(STRAY_WAVE)
        await tap.until(lambda: ("Asia/Tokyo", 0) in told_waves(world))
    assert await world.count("SELECT count(*) FROM wave WHERE phase <> 'ended'") == 0
    assert len(world.commands()) == 1


def told_waves(world: World) -> list[tuple[str, int]]:
    planned = world.tap.of("progress.planned", WavesPlanned)
    return [(wave.timezone, wave.size) for message in planned for wave in message.waves]


@pytest.fixture
async def api() -> AsyncIterator[str]:
    """The api, which knows of revisions whose events are lost."""

    async def known_clients(request: web.Request) -> web.Response:
        found = client(int(request.query["after"]) + 1, revision=5)
        return web.Response(body=ClientsChanged(clients=(found,), position=9).encode())

    async def known_mailings(request: web.Request) -> web.Response:
        found = mailing(int(request.query["after"]) + 1, revision=2, text="new")
        return web.Response(body=b"[" + found.encode() + b"]")

    app = web.Application()
    app.router.add_get("/internal/clients", known_clients)
    app.router.add_get("/internal/mailings", known_mailings)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@pytest.mark.parametrize(
    ("stopped_by", "text"), [("client_revision", "old"), ("mailing_revision", "new")]
)
async def test_news_that_was_lost_is_asked_for(
    world: World, api: str, monkeypatch: pytest.MonkeyPatch, stopped_by: str, text: str
) -> None:
    monkeypatch.setattr(rounds, "BETWEEN_CATCHING_UP", 0.1)
    world.settings = world.settings.model_copy(update={"api_url": api})
    async with world.listening() as tap, world.scheduler():
        await world.event(clients([1]), mailing(1, text="old"))
        assert await world.emitted() == 1
        first = world.envelopes()[0]
        revision = {"client_revision": 5, "mailing_revision": 2}[stopped_by]
        await world.event(returned(first, first.commands[0], **{stopped_by: revision}))
        await eventually(lambda: held(world), PATIENCE, every=0.02)
        assert len(world.envelopes()) == 1
        await world.at(world.clock.now() + LONG_ENOUGH)
        await tap.until(lambda: len(world.envelopes()) == 2)
    again = world.envelopes()[1]
    assert (again.text, again.commands[0].dispatch) == (text, 2)
    assert await world.count("SELECT clients_position FROM control") == 0


async def held(world: World) -> bool:
    return await world.count("SELECT count(*) FROM message WHERE state = 'held'") == 1


async def standing_still(world: World) -> dict[str, float]:
    await Watching(PostgresPiles(world.engine), SystemClock()).look()
    names = ("unpublished_batches", "held_messages", "waves", "unfinished_mailings")
    found = {
        name: REGISTRY.get_sample_value("carillon_scheduler_standing_still", {"what": name})
        for name in names
    }
    return {name: count for name, count in found.items() if count}


async def test_what_stands_still_is_counted(world: World) -> None:
    await written_but_not_published(world)
    assert await standing_still(world) == {"unpublished_batches": 1}
    labels = {"what": "unpublished_batches"}
    age = REGISTRY.get_sample_value("carillon_scheduler_standing_still_seconds", labels)
    assert age is not None
    assert age > 0
    async with world.engine.begin() as connection:
        for statement in LONG_OVERDUE:
            await connection.execute(text(statement))
    expected = {
        "unpublished_batches": 1,
        "held_messages": 3,
        "waves": 2,
        "unfinished_mailings": 1,
    }
    assert await standing_still(world) == expected
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE mailing SET state = 'paused', unheard_since = NULL"))
    assert await standing_still(world) == {"unpublished_batches": 1}
