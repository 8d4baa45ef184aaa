"""A world for each test, and the cable to its broker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from deploy.simulator.provider import Provider
from deploy.simulator.server import running as provider_running
from services.sender.settings import Settings
from shared.contracts.topology import DEAD, SCHEDULER_RETURNED, STATS_EVENTS
from shared.runtime.database import make_engine
from shared.runtime.migrate import migrate
from shared.runtime.topology import apply
from tests.integration.services.sender.cable import Cable, cable_to
from tests.integration.services.sender.world import TIERS, TOKEN, World
from tests.support.servers import PostgresForTests, RabbitMQForTests
from tests.support.tap import open_channel, tapped


@pytest.fixture
async def world(postgres: PostgresForTests, rabbitmq: RabbitMQForTests) -> AsyncIterator[World]:
    url = await postgres.new_database("sender")
    vhost = await rabbitmq.new_vhost()
    await asyncio.to_thread(migrate, "sender", url)
    await asyncio.to_thread(apply, vhost.management_url, vhost.amqp_url, TIERS)
    engine = make_engine(url, pool=10, application="test")
    provider = Provider(TOKEN)
    async with (
        provider_running(provider, "127.0.0.1", 0) as port,
        open_channel(vhost.amqp_url) as channel,
        tapped(vhost.amqp_url, (STATS_EVENTS, SCHEDULER_RETURNED, DEAD)) as tap,
    ):
        settings = _settings(url, vhost.amqp_url, f"http://127.0.0.1:{port}")
        yield World(settings, engine, channel, provider, tap)
    await engine.dispose()
    await rabbitmq.drop_vhost(vhost.name)


@pytest.fixture
async def cable(world: World) -> AsyncIterator[Cable]:
    """Every sender of this test reaches its broker by this cable."""
    async with cable_to(world.settings.rabbitmq_url.get_secret_value()) as (cable, url):
        world.settings = world.settings.model_copy(update={"rabbitmq_url": SecretStr(url)})
        yield cable


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
            "call_timeout": 2.0,
            "lease_margin": 1.0,
        }
    )
