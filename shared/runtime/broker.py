"""RabbitMQ, as every service uses it.

Consumers acknowledge by hand, after the consequence is safe (``handling.py``). What cannot be
understood goes to ``send.dead`` at once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import aio_pika
from aio_pika.abc import AbstractRobustConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from faststream.exceptions import FastStreamException
from faststream.middlewares import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitExchange, RabbitMessage, RabbitQueue
from faststream.rabbit.prometheus import RabbitPrometheusMiddleware
from faststream.rabbit.subscriber.usecase import RabbitSubscriber
from pydantic import ValidationError

from shared.contracts.base import Message
from shared.contracts.topology import EVENTS
from shared.runtime.handling import LONGEST_PAUSE, Handling
from shared.runtime.logs import facts
from shared.runtime.metrics import DEAD_LETTERS, REGISTRY

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)
T = TypeVar("T")

RECONNECT_EVERY = 0.5
# Seconds for a connection to stand: a network that swallows packets would hold an attempt for
# minutes.
CONNECT_TIMEOUT = 5.0
PUBLISH_TIMEOUT = 5.0


class PublishFailed(ConnectionError):
    """The broker did not confirm the message; it may have it or not, so publish it again."""


def make_broker(url: str, *, service: str, graceful: float = 10.0) -> RabbitBroker:
    """A broker that is not connected yet; ``graceful``: seconds for handlers to end at a stop."""
    return RabbitBroker(
        url,
        timeout=CONNECT_TIMEOUT,
        app_id=service,
        reconnect_interval=RECONNECT_EVERY,
        graceful_timeout=graceful,
        default_channel=Channel(publisher_confirms=True, on_return_raises=True),
        apply_types=False,  # no handler asks for anything but the message: see subscribe
        middlewares=[RabbitPrometheusMiddleware(registry=REGISTRY, app_name=service)],
        logger=logging.getLogger("carillon.broker"),
        log_level=logging.DEBUG,
    )


async def start_when_reachable(broker: RabbitBroker) -> None:
    """Connects and starts the subscribers, trying until the broker answers. When it is cancelled,
    the attempt under way ends first, so that stopping the broker closes what has come of it."""
    while True:
        try:
            await _to_its_end(broker.start())
        except (AMQPError, OSError) as error:
            log.warning("The broker does not answer yet: %s", type(error).__name__)
            await asyncio.sleep(RECONNECT_EVERY)
        else:
            return


async def keep_started(broker: RabbitBroker) -> None:
    """Starts it, once, for a loop beside others: one that ended would be begun again, and each
    start brings another consumer. A service lives without the broker until then."""
    await start_when_reachable(broker)
    await asyncio.Event().wait()


async def connect_robust(url: str) -> AbstractRobustConnection:
    """A connection that comes back by itself. Raises OSError or AMQPError when there is none."""
    attempt = aio_pika.connect_robust(
        url, timeout=CONNECT_TIMEOUT, reconnect_interval=RECONNECT_EVERY
    )
    return await _to_its_end(attempt)


async def _to_its_end(attempt: Coroutine[Any, Any, T]) -> T:
    """Whoever waits may be cancelled, the attempt may not: one that is goes on connecting behind
    everybody's back, and its loop can never be closed."""
    task = asyncio.create_task(attempt)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


class Publisher:
    """Publishes persistent messages and returns when the broker has confirmed them."""

    def __init__(self, broker: RabbitBroker) -> None:
        self._broker = broker
        self._exchanges: dict[str, RabbitExchange] = {}

    async def event(self, message: Message, *, persist: bool = True) -> None:
        await self.publish(EVENTS, message.key, message.encode(), persist=persist)

    async def publish(self, exchange: str, key: str, body: bytes, *, persist: bool = True) -> None:
        """Raises PublishFailed when no confirmation came within PUBLISH_TIMEOUT seconds."""
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                await self._broker.publish(
                    body,
                    exchange=self._exchange(exchange),
                    routing_key=key,
                    persist=persist,
                    content_type="application/json",
                )
        except (
            AMQPError,
            ChannelInvalidStateError,
            FastStreamException,
            OSError,
            RuntimeError,
        ) as error:
            raise PublishFailed(f"{exchange} {key}: {type(error).__name__}") from error

    def _exchange(self, name: str) -> RabbitExchange:
        if name not in self._exchanges:
            self._exchanges[name] = RabbitExchange(name, declare=False)
        return self._exchanges[name]


@dataclass(frozen=True, slots=True)
class Route(Generic[M]):
    """Which message a routing key carries, and what handles it."""

    message: type[M]
    handler: Callable[[M], Awaitable[None]]


def consume(
    broker: RabbitBroker,
    queue: str,
    routes: Mapping[str, Route[Any]],
    *,
    prefetch: int,
    longest_pause: float = LONGEST_PAUSE,
) -> None:
    """Handles the messages of ``queue`` by their routing keys; prefetch=1 keeps their order.

    ``longest_pause``: seconds between two tries while what the handler needs is away.
    """
    handling = Handling(queue, prefetch=prefetch, longest_pause=longest_pause)

    async def on_message(message: RabbitMessage) -> None:
        route = routes.get(message.raw_message.routing_key or "")
        decoded = None if route is None else decode(queue, route.message, message.body)
        if route is None or decoded is None:
            await message.reject(requeue=False)
            return
        await handling.see_through(message, lambda: route.handler(decoded))

    subscribe(broker, queue, on_message, prefetch=prefetch)


def consume_as_it_is(
    broker: RabbitBroker,
    queue: str,
    handle: Callable[[RabbitMessage], Awaitable[None]],
    *,
    prefetch: int,
) -> None:
    """Hands over each message of ``queue`` undecoded; settles it as ``consume`` does."""
    handling = Handling(queue, prefetch=prefetch)

    async def on_message(message: RabbitMessage) -> None:
        await handling.see_through(message, lambda: handle(message))

    subscribe(broker, queue, on_message, prefetch=prefetch)


def subscribe(
    broker: RabbitBroker,
    queue: str,
    on_message: Callable[[RabbitMessage], Awaitable[None]],
    *,
    prefetch: int,
) -> RabbitSubscriber:
    """Hands every delivery of ``queue`` to ``on_message``, which must settle it itself.

    Prefetch is the concurrency: each delivery is a task of its own. Stopping the subscriber stops
    the deliveries and leaves what is in hand to be settled.

    The decoder passes the message on as it is. A handler that asked for it by its type would be
    given it too, but fetched by a thread of a pool: for every message.
    """
    subscriber = broker.subscriber(
        RabbitQueue(queue, declare=False),
        channel=Channel(prefetch_count=prefetch),
        ack_policy=AckPolicy.MANUAL,
        decoder=_as_it_is,
        no_reply=True,
    )

    async def on_delivery(message: RabbitMessage) -> None:
        # What the decoder gave is kept in the message: that held itself, body and all, until the
        # collector came by, which where messages are large and few is after hundreds of them.
        message.clear_cache()
        await on_message(message)

    subscriber(on_delivery)
    return subscriber


def decode(queue: str, message: type[M], body: bytes) -> M | None:
    """The message, or None (counted and logged, without its content) when it is not one."""
    try:
        return message.decode(body)
    except ValidationError as error:
        DEAD_LETTERS.labels(queue=queue).inc()
        log.error(
            "A message of this queue is not what it should be and was parked: %s",
            error.errors(include_input=False, include_url=False, include_context=False)[:3],
            extra=facts("dead_letter", queue=queue),
        )
        return None


async def _as_it_is(message: RabbitMessage) -> RabbitMessage:
    return message
