"""Puts the scheduler together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from aio_pika.abc import AbstractRobustChannel
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.api_directory import ApiDirectory
from services.scheduler.adapters.api_mailings import ApiMailings
from services.scheduler.adapters.api_news import ApiNews
from services.scheduler.adapters.closing import PostgresClosing
from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.foundlings import PostgresFoundlings
from services.scheduler.adapters.leftovers import PostgresLeftovers
from services.scheduler.adapters.messages import PostgresMessages
from services.scheduler.adapters.outlet import BrokerOutlet
from services.scheduler.adapters.paces import PostgresPaces
from services.scheduler.adapters.piles import PostgresPiles
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.adapters.quiet import QueuesQuiet
from services.scheduler.adapters.readings import PostgresReadings
from services.scheduler.adapters.rebuilt import PostgresRebuilt
from services.scheduler.adapters.record import PostgresRecord
from services.scheduler.adapters.replays import PostgresReplays
from services.scheduler.adapters.room import QueueRoom
from services.scheduler.adapters.said import PostgresSaid
from services.scheduler.adapters.sender_ledger import SenderLedger
from services.scheduler.adapters.stillness import QueuesStill, queues_still
from services.scheduler.adapters.strays import PostgresStrays
from services.scheduler.adapters.unheard import PostgresUnheard
from services.scheduler.entrypoints.http import reads
from services.scheduler.entrypoints.messages import Listeners, subscribe_scheduler
from services.scheduler.entrypoints.rounds import Rounds
from services.scheduler.entrypoints.ticks import Ticks, Wakeup
from services.scheduler.handlers.adopting import Adoption
from services.scheduler.handlers.announcing import Announcer
from services.scheduler.handlers.asking import Asking
from services.scheduler.handlers.catching_up import CatchingUp
from services.scheduler.handlers.closing import Closing
from services.scheduler.handlers.emission import Emitter
from services.scheduler.handlers.explaining import Explanations
from services.scheduler.handlers.forgetting import Forgetting
from services.scheduler.handlers.measuring import Measuring
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.previewing import Previews
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.rebuilding import NotStill, Rebuild, Waits
from services.scheduler.handlers.replaying import Replays
from services.scheduler.handlers.retelling import retell
from services.scheduler.handlers.returning import Returns
from services.scheduler.handlers.sweeping import Sweeper
from services.scheduler.handlers.trials import Trials
from services.scheduler.handlers.watching import Watching
from services.scheduler.metrics import LEADING
from services.scheduler.settings import Settings
from shared.domain.message_id import MessageIds
from shared.runtime.background import Background
from shared.runtime.broker import (
    RECONNECT_EVERY,
    Publisher,
    connect_robust,
    make_broker,
    start_when_reachable,
)
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.database import engine_lifetime, make_engine
from shared.runtime.health import database_answers, health_routes
from shared.runtime.leader import lead
from shared.runtime.problems import answer_with_problems
from shared.runtime.service_token import token_check

# The advisory lock of the scheduler that leads; one of its own database.
LEADER_LOCK = 1


def make_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    settings = settings or Settings()
    clock = clock or SystemClock()
    engine = _engine(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        background = Background()
        async with engine_lifetime(engine):
            background.start(
                "lead",
                lambda: lead(engine, LEADER_LOCK, lambda: plan_and_emit(settings, engine, clock)),
            )
            yield
            await background.stop()

    app = FastAPI(title="Carillon scheduler", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_with_problems(app)
    token = token_check(settings.service_token.get_secret_value())
    app.include_router(_routes(engine, clock), dependencies=[token])
    app.routes.extend(health_routes({"database": database_answers(engine)}))
    return app


def _routes(engine: AsyncEngine, clock: Clock) -> APIRouter:
    """What every replica answers, whether it leads or not."""
    readings = PostgresReadings(engine)
    previews = Previews(PostgresDirectory(engine), readings, clock)
    return reads(previews, Explanations(readings, clock))


async def plan_and_emit(
    settings: Settings, engine: AsyncEngine, clock: Clock | None = None
) -> None:
    """What the leader does, until it is cancelled."""
    url = settings.rabbitmq_url.get_secret_value()
    broker = make_broker(url, service="scheduler")
    outlet = BrokerOutlet(Publisher(broker), per_message=settings.commands_per_envelope)
    background = Background()
    async with AsyncExitStack() as stack:
        LEADING.set(1)
        stack.callback(LEADING.set, 0)
        room = QueueRoom(await _measuring_channel(url, stack), outlet)
        leader = _Leader(settings, engine, clock or SystemClock(), outlet, room)
        subscribe_scheduler(broker, leader.listeners(), leader.wakeup.wake)
        stack.push_async_callback(broker.stop)
        await start_when_reachable(broker)
        stack.push_async_callback(background.stop)
        stack.callback(leader.watching.forget)
        for name, loop in (leader.ticks().loops() | leader.rounds().loops()).items():
            background.start(name, loop)
        await asyncio.Event().wait()


class _Leader:
    """What the leader's listeners and loops have in common."""

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        clock: Clock,
        outlet: BrokerOutlet,
        room: QueueRoom,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._outlet = outlet
        self._room = room
        per_envelope = settings.commands_per_envelope
        self._messages = PostgresMessages(engine, MessageIds(settings.node))
        self._plans = PostgresPlans(engine)
        self._planner = Planner(PostgresDirectory(engine), self._plans, clock)
        self._publishing = Publishing(self._messages, outlet, clock, per_envelope=per_envelope)
        self._returns = Returns(self._messages, self._publishing, clock)
        patience = timedelta(seconds=settings.ask_after)
        self._asking = Asking(
            PostgresUnheard(engine),
            outlet,
            QueuesQuiet(room.depth),
            clock,
            patience=patience,
            per_envelope=per_envelope,
        )
        token = settings.service_token.get_secret_value()
        ledger = SenderLedger(str(settings.sender_url), token)
        self._closing = Closing(PostgresClosing(engine), ledger, outlet, clock)
        self.watching = Watching(PostgresPiles(engine), clock)
        self.wakeup = Wakeup()

    def listeners(self) -> Listeners:
        return Listeners(
            self._planner,
            self._returns,
            Adoption(PostgresFoundlings(self._engine), self._outlet, self._clock),
            Replays(PostgresReplays(self._engine), self._publishing, self._clock),
            Trials(self._outlet, self._clock),
            self._asking,
            self._closing,
        )

    def ticks(self) -> Ticks:
        messages, publishing, clock = self._messages, self._publishing, self._clock
        return Ticks(
            self._planner,
            publishing,
            Emitter(messages, publishing, self._returns, self._room, clock),
            Measuring(self._room, PostgresPaces(self._engine), clock),
            Sweeper(PostgresLeftovers(self._engine), messages, publishing, clock),
            Announcer(self._plans, self._outlet),
            self._plans,
            clock,
            self.wakeup,
        )

    def rounds(self) -> Rounds:
        token = self._settings.service_token.get_secret_value()
        news = ApiNews(str(self._settings.api_url), token)
        catching_up = CatchingUp(PostgresStrays(self._engine), news, self._planner, self._clock)
        days = self._settings.retain_texts_days
        forgetting = Forgetting(PostgresSaid(self._engine), self._clock, days=days)
        return Rounds(
            self._publishing,
            self.watching,
            catching_up,
            self._asking,
            forgetting,
            self._closing,
            self.wakeup,
        )


async def _measuring_channel(url: str, stack: AsyncExitStack) -> AbstractRobustChannel:
    """A connection of its own: a passive declaration must not wait behind publishes."""
    while True:
        try:
            connection = await connect_robust(url)
        except OSError:
            await asyncio.sleep(RECONNECT_EVERY)
        else:
            stack.push_async_callback(connection.close)
            return await connection.channel()


def rebuild_all() -> None:
    try:
        asyncio.run(rebuild_with(Settings()))
    except NotStill as error:
        raise SystemExit(str(error)) from None


async def rebuild_with(settings: Settings, waits: Waits | None = None) -> None:
    """Raises NotStill when what is on its way does not come to rest."""
    url = settings.rabbitmq_url.get_secret_value()
    broker, clock = make_broker(url, service="scheduler"), SystemClock()
    async with engine_lifetime(_engine(settings)) as engine, queues_still(url) as stillness:
        await start_when_reachable(broker)
        try:
            outlet = BrokerOutlet(Publisher(broker))
            await _rebuild(settings, engine, stillness, outlet, clock, waits or Waits()).run()
        finally:
            await broker.stop()


def _rebuild(
    settings: Settings,
    engine: AsyncEngine,
    stillness: QueuesStill,
    outlet: BrokerOutlet,
    clock: Clock,
    waits: Waits,
) -> Rebuild:
    token = settings.service_token.get_secret_value()
    plans, directory = PostgresPlans(engine), PostgresDirectory(engine)
    return Rebuild(
        ApiDirectory(str(settings.api_url), token),
        ApiMailings(str(settings.api_url), token),
        SenderLedger(str(settings.sender_url), token),
        stillness,
        PostgresRebuilt(engine),
        directory,
        Planner(directory, plans, clock),
        plans,
        outlet,
        clock,
        waits,
    )


def shut_waves() -> None:
    asyncio.run(_shut(Settings(), forget=False))


def forget_everything() -> None:
    asyncio.run(_shut(Settings(), forget=True))


async def _shut(settings: Settings, *, forget: bool) -> None:
    """Until a rebuild has come to its end."""
    async with engine_lifetime(_engine(settings)) as engine:
        plans = PostgresPlans(engine)
        await plans.keep_waves_shut(True)
        if forget:
            await plans.forget_everything()


def retell_record() -> None:
    asyncio.run(retell_with(Settings()))


async def retell_with(settings: Settings) -> None:
    broker = make_broker(settings.rabbitmq_url.get_secret_value(), service="scheduler")
    async with engine_lifetime(_engine(settings)) as engine:
        await start_when_reachable(broker)
        try:
            await retell(PostgresRecord(engine), BrokerOutlet(Publisher(broker)))
        finally:
            await broker.stop()


def _engine(settings: Settings) -> AsyncEngine:
    url = settings.database_url.get_secret_value()
    return make_engine(url, pool=settings.database_pool, application="scheduler")
