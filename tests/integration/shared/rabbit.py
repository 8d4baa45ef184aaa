"""A vhost with the topology in it, and the user that services run with."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from faststream.rabbit import RabbitBroker

from shared.contracts.commands import SendMessages
from shared.runtime.broker import make_broker
from shared.runtime.topology import apply
from tests.contracts.registry import example_file

TIERS = (1,)
# Long enough for a loaded machine; nothing waits for it when all is well.
LIMIT = 30.0


def as_services(amqp_url: str) -> str:
    """The same address for a user of its own, who does not exist yet."""
    parts = urlsplit(amqp_url)
    user = f"services-{secrets.token_hex(4)}:{secrets.token_urlsafe(12)}"
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.hostname}:{parts.port}"))


async def apply_topology(management_url: str, amqp_url: str) -> None:
    await asyncio.to_thread(apply, management_url, amqp_url, TIERS)


@asynccontextmanager
async def connected(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    """A broker for publishing; subscribers are started by the tests themselves."""
    broker = make_broker(amqp_url, service="test", graceful=1.0)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@asynccontextmanager
async def raw_channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        yield await connection.channel()


async def take(channel: AbstractChannel, queue: str) -> AbstractIncomingMessage:
    """The next message of a queue, acknowledged; waits for it."""
    source = await channel.get_queue(queue, ensure=False)
    async with asyncio.timeout(LIMIT):
        while True:
            message = await source.get(fail=False)
            if message is not None:
                await message.ack()
                return message
            await asyncio.sleep(0.05)


def envelope(message_id: int = 1) -> SendMessages:
    example = SendMessages.decode(example_file(SendMessages).read_bytes())
    command = example.commands[0]._replace(message_id=message_id)
    return example.model_copy(update={"commands": (command,)})
