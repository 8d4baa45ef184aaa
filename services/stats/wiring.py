"""Puts the service together: the only place that knows settings and everything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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


def make_app(
    settings: Settings | None = None,
    clock: Clock | None = None,
    meters: Meters | None = None,
) -> FastAPI:
    settings = settings or Settings()
    clock = clock or SystemClock()
    meters = meters or PrometheusMeters()
    engine = make_engine(
        settings.database_url.get_secret_value(), pool=settings.database_pool, application="stats"
    )
    broker = make_broker(settings.rabbitmq_url.get_secret_value(), service="stats")
    ports = Ports(
        books=PostgresBooks(engine, writers=settings.writers),
        announcer=BrokerAnnouncer(Publisher(broker)),
        in_flight=InFlightCalls(),
        meters=meters,
        clock=clock,
    )
    gathering = Gathering[DeliveryEvents](
        partial(deliveries, ports), lambda message: len(message.events), full=settings.prefetch
    )
    receipts = Gathering[ReceiptsGiven](
        partial(receipts_given, ports),
        lambda message: len(message.receipts.message_id),
        full=settings.prefetch,
    )
    routes: dict[type[Message], Handler] = dict(handlers(ports))
    routes[DeliveryEvents] = gathering.deliver
    routes[ReceiptsGiven] = receipts.deliver
    subscribe(broker, routes, prefetch=settings.prefetch)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        background, applying = Background(), Background()
        applying.start("gathering", gathering.run)
        applying.start("receipts", receipts.run)
        _start(background, settings, broker, engine, ports)
        try:
            yield
        finally:
            await background.stop()
            await broker.stop()  # lets what is in hand be applied and acknowledged
            await applying.stop()
            await engine.dispose()

    app = FastAPI(title="Carillon stats", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_with_problems(app)
    pages = reads(PostgresReports(engine), ports.in_flight, clock)
    token = token_check(settings.service_token.get_secret_value())
    app.include_router(pages, dependencies=[token])
    dead_letters = dead_letter_reads(PostgresDeadLetters(engine))
    app.include_router(dead_letters, dependencies=[token])
    app.routes.extend(health_routes({"database": database_answers(engine)}))
    return app


def _start(
    background: Background,
    settings: Settings,
    broker: RabbitBroker,
    engine: AsyncEngine,
    ports: Ports,
) -> None:
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
    background.start("broker", lambda: keep_started(broker))
    waiting = WaitingReceipts(ports)
    background.start("waiting-receipts", lambda: every(LOOK_EVERY, waiting.look))
    background.start("settle", lambda: every(settings.settle_every, settle))
    background.start("overdue", lambda: every(settings.overdue_every, look))
    background.start("audit", lambda: every(settings.audit_every, check))
