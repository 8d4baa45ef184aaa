"""Listens in on the broker: what a test's service has published, decoded."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.contracts.base import Message

M = TypeVar("M", bound=Message)

PATIENCE = 15.0  # for something that takes milliseconds; the machine may be busy


class Tap:
    """Everything taken from some queues, in the order it came: (routing key, body)."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self._news = asyncio.Condition()

    async def take(self, message: AbstractIncomingMessage) -> None:
        async with message.process(), self._news:
            self.taken.append((message.routing_key or "", message.body))
            self._news.notify_all()

    def of(self, key: str, kind: type[M]) -> list[M]:
        return [kind.decode(body) for taken, body in self.taken if taken == key]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Raises TimeoutError when ``condition`` does not come true within PATIENCE seconds."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(condition)


@asynccontextmanager
async def tapped(amqp_url: str, queues: Iterable[str]) -> AsyncIterator[Tap]:
    """Consumes ``queues`` themselves; nothing is left in them for others."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        tap = Tap()
        for name in queues:
            await (await channel.get_queue(name, ensure=False)).consume(tap.take)
        yield tap


@asynccontextmanager
async def open_channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(amqp_url) as connection:
        yield await connection.channel()


async def publish(channel: AbstractChannel, exchange: str, key: str, message: Message) -> None:
    target = await channel.get_exchange(exchange, ensure=False)
    body = aio_pika.Message(
        message.encode(),
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await target.publish(body, key)
