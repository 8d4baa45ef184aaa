"""Scheduler, sender and stats in this process, and a provider whose answer each client's number
decides: a mailing in which everything happens that can."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import uvicorn
from aio_pika.abc import AbstractChannel
from aiohttp import web

from deploy.local.ports import free_ports
from deploy.simulator.faults import Answer
from deploy.simulator.provider import SEND, Provider
from deploy.simulator.server import running as provider_running
from services.scheduler.settings import Settings as SchedulerSettings
from services.scheduler.wiring import plan_and_emit
from services.sender.settings import Settings as SenderSettings
from services.sender.wiring import make_app as make_sender
from services.stats.settings import Settings as StatsSettings
from services.stats.wiring import make_app as make_stats
from shared.contracts.base import Message
from shared.contracts.directory import ClientState
from shared.contracts.gates import Gate
from shared.contracts.topology import EVENTS, STATS_EVENTS
from shared.runtime.database import engine_lifetime, make_engine
from shared.runtime.migrate import migrate
from shared.runtime.topology import apply
from tests.support.examples import client
from tests.support.house import eventually
from tests.support.servers import PostgresForTests, RabbitMQForTests
from tests.support.tap import open_channel, publish
from tests.unit.services.stats.fakes import FakeMeters

TOKEN = "the-token-of-the-tests"
SERVICE_TOKEN = "t" * 16
PATIENCE = 30.0
TIERS = (600,)  # whoever waits for a retry still does at the end of a test

# By the last digit of a client's number.
SENT, FAILED, UNKNOWN, RETRYING, SUPPRESSED, EXPIRED, PLANNED = 0, 4, 5, 6, 7, 8, 9
_ANSWERS = {FAILED: Answer.REJECTED, UNKNOWN: Answer.DROPPED, RETRYING: Answer.ERROR}

Rows = list[dict[str, Any]]


def anybody(number: int) -> ClientState:
    return client(
        number,
        name=None if number % 10 == SUPPRESSED else "Ann",
        timezone="Asia/Tokyo" if number % 10 == EXPIRED else "Europe/Moscow",
    )


def tagged(numbers: Iterable[int]) -> tuple[ClientState, ...]:
    """Everybody; those to whom nothing special happens have a tag."""
    plain = {"tags": ("plain",)}
    return tuple(anybody(n).model_copy(update=plain if n % 10 < UNKNOWN else {}) for n in numbers)


def gates(numbers: Iterable[int]) -> tuple[Gate, ...]:
    """Those to be held are known to the senders by a revision that the scheduler has not heard."""
    held = [number for number in numbers if number % 10 == PLANNED]
    return tuple(Gate(kind="client", id=number, revision=5, closed=False) for number in held)


def hours() -> dict[str, str]:
    """Open in Moscow now, and in Tokyo long over."""
    here = datetime.now(ZoneInfo("Europe/Moscow"))
    ends = (here - timedelta(hours=1), here + timedelta(hours=2))
    return dict(zip(("from", "to"), (f"{end:%H:%M}" for end in ends), strict=True))


class Moody(Provider):
    """``called``: how often for each message."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.called: Counter[int] = Counter()

    async def send(self, request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        self.called[int(request.path.removeprefix(SEND))] += 1
        return await super().send(request)

    def _decide(self, request: web.BaseRequest) -> Answer:
        body: bytes = request._read_bytes or b""
        phone = body.partition(b'"phone":')[2].partition(b",")[0].strip()
        return _ANSWERS.get(int(phone) % 10, super()._decide(request))


@dataclass
class World:
    """``urls``: of the databases, by service."""

    urls: Mapping[str, str]
    amqp_url: str
    channel: AbstractChannel
    provider: Moody
    databases: Mapping[str, "asyncpg.Connection[Any]"]
    provider_port: int

    async def tell(self, *messages: Message) -> None:
        for message in messages:
            await publish(self.channel, EVENTS, message.key, message)

    async def rows(self, service: str, query: str, *values: Any) -> Rows:
        return [dict(row) for row in await self.databases[service].fetch(query, *values)]

    async def counted(self, mailing: int) -> dict[str, int]:
        """The books of a mailing."""
        query = "SELECT status, sum(n)::int AS n FROM tally WHERE mailing_id = $1 GROUP BY 1"
        found = await self.rows("stats", query, mailing)
        return {row["status"]: row["n"] for row in found if row["n"]}

    async def until_counted(self, mailing: int, wanted: Mapping[str, int]) -> None:
        async def so() -> bool:
            return await self.counted(mailing) == wanted

        await eventually(so, PATIENCE, every=0.1)

    async def until_stats_has_all(self) -> None:
        async def empty() -> bool:
            answer = await self.channel.declare_queue(STATS_EVENTS, passive=True)
            return answer.declaration_result.message_count == 0

        await eventually(empty, PATIENCE, every=0.1)
        await asyncio.sleep(0.5)  # what is in hand

    def settings(self, service: str) -> dict[str, Any]:
        common = {"RABBITMQ_URL": self.amqp_url, "SERVICE_TOKEN": SERVICE_TOKEN}
        return common | {"database_url": self.urls[service]}

    def sender_settings(self) -> SenderSettings:
        own = {
            "node": "recovering",
            "provider_url": f"http://127.0.0.1:{self.provider_port}",
            "provider_token": TOKEN,
            "provider_idempotent": False,
            "retry_tiers": TIERS,
            "call_timeout": 2.0,
            "breaker_failures": 10_000,
        }
        return SenderSettings.model_validate(self.settings("sender") | own)

    def scheduler_settings(self, **own: Any) -> SchedulerSettings:
        return SchedulerSettings.model_validate(self.settings("scheduler") | own)

    @asynccontextmanager
    async def scheduler(self) -> AsyncIterator[None]:
        engine = make_engine(self.urls["scheduler"], pool=10, application="scheduler")
        async with engine_lifetime(engine):
            task = asyncio.create_task(plan_and_emit(self.scheduler_settings(), engine))
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def sender(self) -> AsyncIterator[str]:
        """With its routes; gives their address."""
        (port,) = free_ports(1)
        app = make_sender(self.sender_settings())
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="on"))
        task = asyncio.create_task(server.serve())

        async def started() -> bool:
            return server.started

        try:
            await eventually(started, PATIENCE, every=0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await task

    @asynccontextmanager
    async def stats(self) -> AsyncIterator[None]:
        app = make_stats(StatsSettings.model_validate(self.settings("stats")), meters=FakeMeters())
        async with app.router.lifespan_context(app):
            yield


@asynccontextmanager
async def making_world(
    postgres: PostgresForTests, rabbitmq: RabbitMQForTests
) -> AsyncIterator[World]:
    """Databases, a broker and a provider; the services are for the test to start."""
    async with AsyncExitStack() as stack:
        urls, databases = {}, {}
        for name in ("scheduler", "sender", "stats"):
            urls[name] = await postgres.new_database(name)
            await asyncio.to_thread(migrate, name, urls[name])
            databases[name] = await asyncpg.connect(urls[name].replace("+asyncpg", ""))
            stack.push_async_callback(databases[name].close)
        vhost = await rabbitmq.new_vhost()
        stack.push_async_callback(rabbitmq.drop_vhost, vhost.name)
        await asyncio.to_thread(apply, vhost.management_url, vhost.amqp_url, TIERS)
        provider = Moody(TOKEN)
        port = await stack.enter_async_context(provider_running(provider, "127.0.0.1", 0))
        channel = await stack.enter_async_context(open_channel(vhost.amqp_url))
        yield World(urls, vhost.amqp_url, channel, provider, databases, port)
