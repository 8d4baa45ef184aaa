"""Puts the sender together."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from faststream.rabbit import RabbitBroker
from faststream.rabbit.subscriber.usecase import RabbitSubscriber
from pyreqwest.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.types import ASGIApp

from services.sender.adapters.api_gates import ApiGates
from services.sender.adapters.gates import PostgresGates
from services.sender.adapters.ledger import PostgresLedger
from services.sender.adapters.ledger_engine import make_ledger_engine
from services.sender.adapters.ledger_pages import PostgresLedgerPages
from services.sender.adapters.ledger_walk import PostgresLedgerWalk
from services.sender.adapters.link import BrokerLink
from services.sender.adapters.outbox import BrokerOutbox
from services.sender.adapters.provider import HttpProvider, build_client, client_lifetime
from services.sender.domain.breaker import BreakerRules
from services.sender.domain.decisions import Rules
from services.sender.entrypoints.http import reads
from services.sender.entrypoints.messages import Prefetch, subscribe_channel, subscribe_gates
from services.sender.entrypoints.reading import ParkingLimit
from services.sender.entrypoints.ticks import report_calls
from services.sender.handlers.channel import ChannelSender, Limits, Outside
from services.sender.handlers.gates import message_handlers
from services.sender.handlers.retelling import retell
from services.sender.handlers.walking import keep_walking
from services.sender.settings import Settings
from shared.runtime.background import Background
from shared.runtime.broker import Publisher, make_broker, start_when_reachable
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.database import engine_lifetime
from shared.runtime.health import database_answers, health_routes

# After the calls have ended: time to record and publish what became of them.
STOP_MARGIN = 2.0


def make_app(settings: Settings | None = None) -> ASGIApp:
    settings = settings or Settings()
    url = settings.database_url.get_secret_value()
    engine = make_ledger_engine(url, pool=settings.database_pool)
    link = BrokerLink()

    async def broker_connected() -> bool:
        return link.is_connected()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with engine_lifetime(engine), running(settings, engine, link):
            yield

    checks = {"database": database_answers(engine), "broker": broker_connected}
    pages = reads(PostgresLedgerPages(engine), settings.service_token.get_secret_value())
    return Starlette(routes=[*health_routes(checks), *pages], lifespan=lifespan)


@asynccontextmanager
async def running(
    settings: Settings, engine: AsyncEngine, link: BrokerLink, clock: Clock | None = None
) -> AsyncIterator[None]:
    """The sender at work. Leaving it ends calls under way, then gives back what has not begun."""
    clock = clock or SystemClock()
    holder = f"{settings.node}-{secrets.token_hex(4)}"
    broker = make_broker(settings.rabbitmq_url.get_secret_value(), service="sender")
    outbox = BrokerOutbox(Publisher(broker))
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(client_lifetime(_client(settings)))
        outside = _outside(settings, engine, client, outbox, link, holder, clock)
        channels = [_channel(settings, name, outside) for name in settings.channels]
        subscribers = _subscribe(settings, broker, engine, link, channels)
        stack.push_async_callback(broker.stop)
        background = Background()
        stack.push_async_callback(background.stop)
        stack.push_async_callback(_stop, settings, subscribers, channels)
        for channel in channels:
            for name, loop in channel.loops().items():
                background.start(name, loop)
        counts = [channel.calls_by_mailing for channel in channels]
        background.start("report-calls", lambda: report_calls(holder, counts, outbox, clock))
        ledger = PostgresLedgerWalk(engine)
        background.start("walk", lambda: keep_walking(ledger, clock))
        starting = asyncio.create_task(_start(broker, link, background))
        stack.callback(starting.cancel)
        yield


async def _start(broker: RabbitBroker, link: BrokerLink, background: Background) -> None:
    await start_when_reachable(broker)
    background.start("watch-link", lambda: link.watch(broker))


async def _stop(
    settings: Settings, subscribers: Sequence[RabbitSubscriber], channels: Sequence[ChannelSender]
) -> None:
    await asyncio.gather(*(subscriber.stop() for subscriber in subscribers))
    patience = settings.call_timeout + STOP_MARGIN
    await asyncio.gather(*(channel.stop(patience) for channel in channels))


def _client(settings: Settings) -> Client:
    return build_client(
        settings.provider_token.get_secret_value(),
        concurrency=settings.concurrency * len(settings.channels),
        timeout=settings.call_timeout,
        connect_timeout=settings.connect_timeout,
    )


def _outside(
    settings: Settings,
    engine: AsyncEngine,
    client: Client,
    outbox: BrokerOutbox,
    link: BrokerLink,
    holder: str,
    clock: Clock,
) -> Outside:
    return Outside(
        ledger=PostgresLedger(
            engine,
            holder=holder,
            lease=settings.lease,
            idempotent=settings.provider_idempotent,
        ),
        provider=HttpProvider(client, str(settings.provider_url).rstrip("/"), clock),
        outbox=outbox,
        link=link,
        clock=clock,
    )


def _channel(settings: Settings, channel: str, outside: Outside) -> ChannelSender:
    return ChannelSender(
        channel,
        outside,
        Rules(settings.retry_tiers, settings.provider_idempotent),
        BreakerRules(
            failures=settings.breaker_failures,
            probe_every=settings.breaker_probe_seconds,
            probe_unauthorized_every=settings.probe_seconds,
            longest_pause=settings.longest_pause,
            pause_untold=1.0,
            first_probe=random.uniform(0.25, 1.0),  # noqa: S311 - spreads, guards nothing
        ),
        Limits(
            concurrency=settings.concurrency,
            flush_size=settings.flush_size,
            flush_every=settings.flush_every,
            backlog=settings.backlog,
        ),
    )


def _subscribe(
    settings: Settings,
    broker: RabbitBroker,
    engine: AsyncEngine,
    link: BrokerLink,
    channels: Sequence[ChannelSender],
) -> list[RabbitSubscriber]:
    subscribe_gates(broker, message_handlers(PostgresGates(engine), link))
    prefetch = Prefetch(settings.prefetch_urgent, settings.prefetch_again, settings.prefetch)
    limit = ParkingLimit(settings.parking_limit)
    return [
        subscriber
        for channel in channels
        for subscriber in subscribe_channel(broker, channel.channel, prefetch, limit, channel.put)
    ]


def retell_ledger() -> None:
    asyncio.run(retell_with(Settings()))


async def retell_with(settings: Settings) -> None:
    url = settings.database_url.get_secret_value()
    broker = make_broker(settings.rabbitmq_url.get_secret_value(), service="sender")
    async with engine_lifetime(make_ledger_engine(url, pool=1)) as engine:
        await start_when_reachable(broker)
        try:
            await retell(PostgresLedgerPages(engine), BrokerOutbox(Publisher(broker)))
        finally:
            await broker.stop()


def take_gates() -> None:
    asyncio.run(_take_gates(Settings()))


async def _take_gates(settings: Settings) -> None:
    """Into a database that has lost them, before any sender looks at it."""
    url = settings.database_url.get_secret_value()
    api = ApiGates(str(settings.api_url), settings.service_token.get_secret_value())
    async with engine_lifetime(make_ledger_engine(url, pool=1)) as engine:
        await PostgresGates(engine).store(await api.recall())
