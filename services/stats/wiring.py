"""Puts the service together: the only place that knows settings and everything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from faststream.rabbit import RabbitBroker
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.adapters.announcer import BrokerAnnouncer
from services.stats.adapters.books import PostgresBooks
from services.stats.adapters.dead_letters import PostgresDeadLetters
from services.stats.adapters.meters import PrometheusMeters
from services.stats.adapters.reports import PostgresReports
from services.stats.adapters.retention import PostgresRetention
from services.stats.adapters.upkeep import PostgresUpkeep
from services.stats.domain.in_flight import InFlightCalls
from services.stats.entrypoints.dead_letters import dead_letter_reads
from services.stats.entrypoints.gathering import Gathering
from services.stats.entrypoints.http import reads
from services.stats.entrypoints.messages import subscribe
from services.stats.entrypoints.ticks import every
from services.stats.handlers import (
    Handler,
    Ports,
    WaitingReceipts,
    announce_all,
    audit,
    deliveries,
    forget_calls,
    forget_messages,
    forget_pace,
    forget_receipts,
    handlers,
    look_for_overdue,
    receipts_given,
)
from services.stats.ports import Meters
from services.stats.settings import Settings
from shared.contracts.base import Message
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.receipts import ReceiptsGiven
from shared.runtime.background import Background
from shared.runtime.broker import Publisher, keep_started, make_broker
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.database import make_engine
from shared.runtime.health import database_answers, health_routes
from shared.runtime.leader import lead
from shared.runtime.problems import answer_with_problems
from shared.runtime.service_token import token_check

# One replica at a time forgets. What is over has been kept for days.
RETENTION_LOCK = 1
RETENTION_EVERY = 600.0

# Seconds between looks at receipts that came before their messages' ends.
LOOK_EVERY = 1.0


@dataclass(frozen=True)
class _Parts:
    settings: Settings
    engine: AsyncEngine
    broker: RabbitBroker
    ports: Ports
    deliveries: Gathering[DeliveryEvents]
    receipts: Gathering[ReceiptsGiven]


def make_app(
    settings: Settings | None = None,
    clock: Clock | None = None,
    meters: Meters | None = None,
) -> FastAPI:
    parts = _make_parts(settings or Settings(), clock or SystemClock(), meters)
    routes: dict[type[Message], Handler] = dict(handlers(parts.ports))
    routes[DeliveryEvents] = parts.deliveries.deliver
    routes[ReceiptsGiven] = parts.receipts.deliver
    subscribe(parts.broker, routes, prefetch=parts.settings.prefetch)
    app = FastAPI(
        title="Carillon stats", lifespan=lambda _: _running(parts), docs_url=None, redoc_url=None
    )
    answer_with_problems(app)
    token = token_check(parts.settings.service_token.get_secret_value())
    pages = reads(PostgresReports(parts.engine), parts.ports.in_flight, parts.ports.clock)
    app.include_router(pages, dependencies=[token])
    dead_letters = dead_letter_reads(PostgresDeadLetters(parts.engine))
    app.include_router(dead_letters, dependencies=[token])
    app.routes.extend(health_routes({"database": database_answers(parts.engine)}))
    return app


def _make_parts(settings: Settings, clock: Clock, meters: Meters | None) -> _Parts:
    engine = make_engine(
        settings.database_url.get_secret_value(), pool=settings.database_pool, application="stats"
    )
    broker = make_broker(settings.rabbitmq_url.get_secret_value(), service="stats")
    ports = Ports(
        books=PostgresBooks(engine, writers=settings.writers),
        announcer=BrokerAnnouncer(Publisher(broker)),
        in_flight=InFlightCalls(),
        meters=meters or PrometheusMeters(),
        clock=clock,
    )
    return _Parts(
        settings=settings,
        engine=engine,
        broker=broker,
        ports=ports,
        deliveries=Gathering(
            partial(deliveries, ports), lambda message: len(message.events), full=settings.prefetch
        ),
        receipts=Gathering(
            partial(receipts_given, ports),
            lambda message: len(message.receipts.message_id),
            full=settings.prefetch,
        ),
    )


@asynccontextmanager
async def _running(parts: _Parts) -> AsyncIterator[None]:
    background, applying = Background(), Background()
    applying.start("gathering", parts.deliveries.run)
    applying.start("receipts", parts.receipts.run)
    _start(background, parts)
    try:
        yield
    finally:
        await background.stop()
        await parts.broker.stop()  # lets what is in hand be applied and acknowledged
        await applying.stop()
        await parts.engine.dispose()


def _start(background: Background, parts: _Parts) -> None:
    settings, engine, ports = parts.settings, parts.engine, parts.ports
    upkeep = PostgresUpkeep(engine)
    period = timedelta(seconds=settings.audit_every)

    async def settle() -> None:
        await announce_all(ports)
        await forget_pace(upkeep, ports.clock)

    async def look() -> None:
        await look_for_overdue(upkeep, ports.meters, ports.clock)

    async def check() -> None:
        await audit(upkeep, ports.meters, ports.clock, period)
        await forget_receipts(upkeep, ports.meters, ports.clock)

    async def forget() -> None:
        retention = PostgresRetention(engine)
        await forget_messages(retention)
        if settings.retain_calls_days:
            await forget_calls(retention, ports.clock, settings.retain_calls_days)

    by_turns = partial(every, RETENTION_EVERY, forget)
    background.start("retention", lambda: lead(engine, RETENTION_LOCK, by_turns))
    background.start("broker", lambda: keep_started(parts.broker))
    waiting = WaitingReceipts(ports)
    background.start("waiting-receipts", lambda: every(LOOK_EVERY, waiting.look))
    background.start("settle", lambda: every(settings.settle_every, settle))
    background.start("overdue", lambda: every(settings.overdue_every, look))
    background.start("audit", lambda: every(settings.audit_every, check))
