"""The broker as services find it."""

from collections.abc import AsyncIterator

import pytest_asyncio
from aio_pika.abc import AbstractChannel
from faststream.rabbit import RabbitBroker

from tests.integration.shared.rabbit import apply_topology, as_services, connected, raw_channel
from tests.support.servers import RabbitMQForTests, Vhost


@pytest_asyncio.fixture
async def own_vhost(rabbitmq: RabbitMQForTests) -> AsyncIterator[Vhost]:
    """One for each test: what is parked or refused in one must not be met by the next."""
    vhost = await rabbitmq.new_vhost()
    yield vhost
    await rabbitmq.drop_vhost(vhost.name)


@pytest_asyncio.fixture
async def amqp_url(own_vhost: Vhost) -> str:
    """The topology applied twice, as at every start: the second time changes nothing."""
    url = as_services(own_vhost.amqp_url)
    for _ in range(2):
        await apply_topology(own_vhost.management_url, url)
    return url


@pytest_asyncio.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    async with connected(amqp_url) as broker:
        yield broker


@pytest_asyncio.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    async with raw_channel(amqp_url) as channel:
        yield channel
