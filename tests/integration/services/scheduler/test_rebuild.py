"""A lost copy of the directory comes back from the api by one command."""

from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.scheduler.adapters.api_directory import ApiDirectory
from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.adapters.rebuilt import PostgresRebuilt
from services.scheduler.domain.rebuilt import rebuilt
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.rebuilding import rebuild
from shared.contracts.directory import ClientsChanged, ClientState
from shared.contracts.ledger import LedgerRow
from shared.contracts.mailings import FilterSpec
from shared.contracts.progress import WavesPlanned
from shared.runtime.clock import SystemClock
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, clients, mailing

TOKEN = "t" * 16
GONE = client(7, revision=3, deleted=True, phone="", timezone="")
BLOCKED = client(8, blocked=True)
SPECIAL = {one.id: one for one in (GONE, BLOCKED)}


def directory_server(states: Sequence[ClientState]) -> TestServer:
    async def page(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        after, limit = int(request.query["after"]), int(request.query["limit"])
        found = [state for state in states if state.id > after][:limit]
        # Events go on meanwhile: only what the first page stands for is surely in the copy.
        position = 40 + after
        return web.Response(body=ClientsChanged(clients=tuple(found), position=position).encode())

    app = web.Application()
    app.router.add_get("/internal/clients", page)
    return TestServer(app)


@pytest.fixture
async def api() -> AsyncIterator[str]:
    states = [SPECIAL.get(n) or client(n) for n in range(1, 2501)]
    async with directory_server(states) as server:
        yield str(server.make_url("/"))


def planner(world: World) -> Planner:
    return Planner(PostgresDirectory(world.engine), PostgresPlans(world.engine), SystemClock())


async def test_every_client_is_back_and_no_deleted_one_is_revived(world: World, api: str) -> None:
    await planner(world).on_clients_changed(clients([1], name="newer", revision=9))
    read = await rebuild(ApiDirectory(api, TOKEN), planner(world), PostgresPlans(world.engine))
    assert read == 2500
    assert await world.count("SELECT clients_position FROM control") == 40
    counts = await PostgresDirectory(world.engine).count_by_zone(FilterSpec())
    assert counts == {"Europe/Moscow": 2499}
    assert await world.count("SELECT count(*) FROM client WHERE name = 'newer'") == 1
    assert await world.count("SELECT id FROM client WHERE blocked") == BLOCKED.id
    # The tombstone is kept, so a late event cannot bring the client back.
    await planner(world).on_clients_changed(clients([GONE.id], revision=2))
    assert await world.count("SELECT count(*) FROM client WHERE NOT deleted") == 2499


async def test_no_wave_opens_while_the_copy_is_incomplete(world: World, api: str) -> None:
    plans = PostgresPlans(world.engine)
    await plans.keep_waves_shut(True)
    async with world.listening() as tap, world.scheduler():
        await world.event(clients(range(1, 4)), mailing(1))
        await world.event(mailing(2))
        await tap.until(lambda: len(tap.of("progress.planned", WavesPlanned)) == 2)
        assert not world.commands()
        await rebuild(ApiDirectory(api, TOKEN), planner(world), plans)
        assert await world.count("SELECT min(size) FROM wave") >= 2499
        await tap.until(lambda: len(world.commands()) >= 2498 * 2)
        await tap.until(lambda: len(world.told("suppressed")) == 2)
    assert {event.client_id for event in world.told("suppressed")} == {BLOCKED.id}


async def test_an_end_that_a_rebuild_has_decided_is_told_by_whoever_leads(world: World) -> None:
    """A call may have been accepted, and what it said is lost."""
    async with world.listening() as tap:
        async with world.scheduler():
            await world.event(clients([1]), mailing(1))
            await tap.until(lambda: bool(world.commands()) and bool(world.told("queued")))
        [command] = world.commands()
        back = LedgerRow(
            message_id=command.message_id,
            mailing_id=1,
            client_id=1,
            timezone="Europe/Moscow",
            dispatch=1,
            attempt=1,
            state="returned",
            uncertain=True,
        )
        rows = rebuilt([back], live={1})
        assert await PostgresRebuilt(world.engine).put_rows(rows, world.clock.now()) == 1
        async with world.scheduler():
            await tap.until(lambda: bool(world.told("unknown")))
    [unknown] = world.told("unknown")
    assert (unknown.client_id, unknown.dispatch, unknown.reason) == (1, 2, "text_lost")
