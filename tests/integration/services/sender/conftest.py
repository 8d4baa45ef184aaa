"""A world for each test, and the wire to its broker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.provider import Provider
from deploy.simulator.server import running as provider_running
from services.sender.settings import Settings
from shared.contracts.topology import DEAD, STATS_EVENTS, bindings
from shared.runtime.database import make_engine
from shared.runtime.migrate import migrate
from shared.runtime.topology import apply
from tests.integration.services.sender.world import TIERS, TOKEN, World
from tests.support.servers import PostgresForTests, Vhost
from tests.support.tap import open_channel, tapped
from tests.support.wire import Wire, wire_to


@pytest_asyncio.fixture(scope="module")
async def database_url(postgres: PostgresForTests) -> str:
    url = await postgres.new_database("sender")
    await asyncio.to_thread(migrate, "sender", url)
    return url


@pytest_asyncio.fixture(scope="module")
async def amqp_url(vhost: Vhost) -> str:
    await asyncio.to_thread(apply, vhost.management_url, vhost.amqp_url, TIERS)
    return vhost.amqp_url


@pytest.fixture
async def world(database_url: str, amqp_url: str) -> AsyncIterator[World]:
    """Nothing recorded, nothing in the queues, and a provider that behaves."""
    engine = make_engine(database_url, pool=10, application="test")
    provider = Provider(TOKEN)
    async with (
        provider_running(provider, "127.0.0.1", 0) as port,
        open_channel(amqp_url) as channel,
    ):
        await _clear(engine, channel)
        async with tapped(amqp_url, (STATS_EVENTS, DEAD)) as tap:
            settings = _settings(database_url, amqp_url, f"http://127.0.0.1:{port}")
            yield World(settings, engine, channel, provider, tap)
    await engine.dispose()


async def _clear(engine: AsyncEngine, channel: AbstractChannel) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE ledger, gate"))
    for name in sorted({binding.queue for binding in bindings(TIERS)} | {DEAD}):
        await (await channel.get_queue(name, ensure=False)).purge()


@pytest.fixture
async def wire(world: World) -> AsyncIterator[Wire]:
    """Every sender of this test reaches its broker by this wire."""
    async with wire_to(world.settings.rabbitmq_url.get_secret_value()) as (wire, url):
        world.settings = world.settings.model_copy(update={"rabbitmq_url": SecretStr(url)})
        yield wire


def _settings(database_url: str, amqp_url: str, provider_url: str) -> Settings:
    return Settings.model_validate(
        {
            "RABBITMQ_URL": amqp_url,
            "SERVICE_TOKEN": "t" * 16,
            "database_url": database_url,
            "node": "tested",
            "provider_url": provider_url,
            "provider_token": TOKEN,
            "retry_tiers": TIERS,
            # So long does no call take, even where the machine stands still for a while.
            "call_timeout": 10.0,
            "lease_margin": 1.0,
        }
    )
