"""Scheduler, sender, stats and provider in this process, under a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import httpx
from aio_pika.abc import AbstractChannel
from aiohttp import web

from deploy.simulator.faults import Faults
from deploy.simulator.provider import SEND, Provider
from deploy.simulator.server import running as provider_running
from services.scheduler.entrypoints import ticks
from services.scheduler.settings import Settings as SchedulerSettings
from services.scheduler.wiring import plan_and_emit
from services.sender.adapters.link import BrokerLink
from services.sender.settings import Settings as SenderSettings
from services.sender.wiring import running as sender_running
from services.stats.settings import Settings as StatsSettings
from services.stats.wiring import make_app as make_stats
from shared.contracts.base import Message
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingChanged
from shared.contracts.topology import EVENTS
from shared.runtime.database import engine_lifetime, make_engine
from shared.runtime.migrate import migrate
from shared.runtime.topology import apply
from tests.support.moving_clock import MovedDatabase, MovingClock, move_to
from tests.support.servers import PostgresForTests, RabbitMQForTests
from tests.support.tap import open_channel, publish
from tests.unit.services.stats.fakes import FakeMeters

TOKEN = "the-token-of-the-tests"
SERVICE_TOKEN = "t" * 16
TIERS = (1, 2, 3, 4, 5)
OPEN_STATUSES = ("waiting", "planned", "queued", "retrying")
STEP = 0.03  # seconds between two looks at whether something has come about

# What the scheduler has still to do at this moment of its own clock.
_SCHEDULER_BUSY = """
    SELECT EXISTS (SELECT 1 FROM batch)
        OR EXISTS (SELECT 1 FROM wave JOIN mailing ON mailing.id = mailing_id
                   WHERE state <> 'paused' AND (phase IN ('open', 'settling')
                         OR phase = 'pending' AND opens_at <= now()))
        OR EXISTS (SELECT 1 FROM message h JOIN mailing ON mailing.id = mailing_id
                   WHERE mailing.state <> 'paused' AND h.state = 'held' AND due_at <= now())
"""
# Of which messages, and at which dispatch: equal when the sender is done with what it was given.
_SUMS = "SELECT count(*), sum(dispatch), sum({id}) FROM {table} WHERE state = ANY ($1)"
_HANDED_OUT = _SUMS.format(id="id", table="message")
_TAKEN = _SUMS.format(id="message_id", table="ledger")
ENDED = ["sent", "failed", "unknown"]


class Listener(Provider):
    """The provider, and every call it heard, whatever it answered: (message, moment)."""

    def __init__(self, token: str, clock: MovingClock) -> None:
        super().__init__(token, clock.timestamp)
        self._moments = clock
        self.heard: list[tuple[int, datetime]] = []

    async def send(self, request: web.BaseRequest) -> web.StreamResponse:
        self.heard.append((int(request.path.removeprefix(SEND)), self._moments.now()))
        return await super().send(request)


@dataclass
class World:
    clock: MovingClock
    provider: Listener
    channel: AbstractChannel
    scheduler: asyncpg.Connection
    sender: asyncpg.Connection
    databases: list[MovedDatabase]
    stats: httpx.AsyncClient
    services: list[asyncio.Task[None]] = field(default_factory=list)

    async def tell(self, *messages: Message) -> None:
        for message in messages:
            await publish(self.channel, EVENTS, message.key, message)

    async def announce(self, mailing: MailingChanged, gate: Gate) -> None:
        """Tells of a mailing's new revision, and waits until everybody acts upon it."""
        revisions = (
            (self.sender, "SELECT revision FROM gate WHERE kind = 'mailing' AND id = $1"),
            (self.scheduler, "SELECT revision FROM mailing WHERE id = $1"),
        )

        async def known() -> bool:
            found = [await database.fetchval(sql, gate.id) for database, sql in revisions]
            return found == [gate.revision, mailing.revision]

        await self.tell(GatesChanged(gates=(gate,)), mailing)
        await until(known)

    async def move_to(self, instant: datetime) -> None:
        """Moves the clock when no call is under way; claims wait for the new time meanwhile.

        A call is allowed by the time at which it is claimed. It takes milliseconds from there to
        the provider, in which no real clock leaps by hours; so nor does this one.
        """
        assert instant > self.clock.now(), "the clock would go back"
        await until(lambda: self._leap(instant))

    async def _leap(self, instant: datetime) -> bool:
        async with self.sender.transaction():
            await self.sender.execute("LOCK TABLE ledger IN EXCLUSIVE MODE")
            if await self.sender.fetchval("SELECT count(*) FROM ledger WHERE state = 'claimed'"):
                return False
            await move_to(instant, self.clock, self.databases)
        return True

    async def settled(self, *, retries: bool, patience: float = 60.0) -> None:
        """Until nothing is left to do at this moment; ``retries``: not even in a retry queue.

        A call whose command is still on its way would be late by no fault of the scheduler.
        """
        await until(lambda: self._idle(retries=retries), patience)

    async def _idle(self, *, retries: bool) -> bool:
        for task in self.services:
            if task.done():
                task.result()
        if await self.scheduler.fetchval(_SCHEDULER_BUSY):
            return False
        handed_out = await self.scheduler.fetchrow(_HANDED_OUT, ["queued"])
        states = ENDED if retries else [*ENDED, "retrying"]
        return bool(handed_out == await self.sender.fetchrow(_TAKEN, states))

    def misbehave(self, **faults: Any) -> None:
        self.provider.misbehave(Faults(**faults))

    async def closed_books(self, mailing: int) -> dict[str, Any]:
        """Its statistics once every message is at an end."""
        found: dict[str, Any] = {}

        async def closed() -> bool:
            answer = await self.stats.get(f"/mailings/{mailing}/statistics")
            assert answer.status_code == 200, answer.text
            found.update(answer.json())
            return not any(found["by_status"][status] for status in OPEN_STATUSES)

        await until(closed)
        return found


async def until(condition: Callable[[], Awaitable[bool]], patience: float = 15.0) -> None:
    """Raises TimeoutError when ``condition`` does not come true in time."""
    async with asyncio.timeout(patience):
        while not await condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(STEP)


# When the clock leaps, everything on its way looks lost.
NEVER = 1e9


@asynccontextmanager
async def running_world(
    postgres: PostgresForTests,
    rabbitmq: RabbitMQForTests,
    now: datetime,
    *,
    ask_after: float = NEVER,
) -> AsyncIterator[World]:
    """Everything at work from ``now`` on."""
    async with AsyncExitStack() as stack:
        urls = {name: await _database(postgres, name) for name in ("scheduler", "sender", "stats")}
        vhost = await rabbitmq.new_vhost()
        stack.push_async_callback(rabbitmq.drop_vhost, vhost.name)
        await asyncio.to_thread(apply, vhost.management_url, vhost.amqp_url, TIERS)
        clock = MovingClock()
        databases = {name: await MovedDatabase.at(url) for name, url in urls.items()}
        for database in databases.values():
            stack.push_async_callback(database.connection.close)
        await move_to(now, clock, list(databases.values()))

        provider = Listener(TOKEN, clock)
        port = await stack.enter_async_context(provider_running(provider, "127.0.0.1", 0))
        common = {"RABBITMQ_URL": vhost.amqp_url, "SERVICE_TOKEN": SERVICE_TOKEN}
        world = World(
            clock=clock,
            provider=provider,
            channel=await stack.enter_async_context(open_channel(vhost.amqp_url)),
            scheduler=await _connect(stack, urls["scheduler"]),
            sender=await _connect(stack, urls["sender"]),
            databases=list(databases.values()),
            stats=await _stats(stack, common | {"database_url": urls["stats"]}, clock),
        )
        await _sender(stack, common | {"database_url": urls["sender"]}, port, clock)
        world.services.append(
            await _scheduler(
                stack,
                common | {"database_url": urls["scheduler"], "ask_after": ask_after},
                clock,
            )
        )
        yield world


async def _database(postgres: PostgresForTests, name: str) -> str:
    url = await postgres.new_database(name)
    await asyncio.to_thread(migrate, name, url)
    return url


async def _connect(stack: AsyncExitStack, url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    stack.push_async_callback(connection.close)
    return connection


async def _stats(
    stack: AsyncExitStack, values: dict[str, Any], clock: MovingClock
) -> httpx.AsyncClient:
    app = make_stats(StatsSettings.model_validate(values), clock, FakeMeters())
    await stack.enter_async_context(app.router.lifespan_context(app))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://stats",
        headers={"Authorization": f"Bearer {SERVICE_TOKEN}"},
    )
    return await stack.enter_async_context(client)


async def _sender(
    stack: AsyncExitStack, values: dict[str, Any], port: int, clock: MovingClock
) -> None:
    settings = SenderSettings.model_validate(
        values
        | {
            "node": "moved",
            "provider_url": f"http://127.0.0.1:{port}",
            "provider_token": TOKEN,
            "retry_tiers": TIERS,
            "call_timeout": 0.5,
            "lease_margin": 1.0,
            "breaker_probe_seconds": 0.1,
        }
    )
    url = settings.database_url.get_secret_value()
    engine = make_engine(url, pool=10, application="sender")
    await stack.enter_async_context(engine_lifetime(engine))
    link = BrokerLink()
    await stack.enter_async_context(sender_running(settings, engine, link, clock))

    async def may_call() -> bool:
        return link.may_call()

    await until(may_call)


async def _scheduler(
    stack: AsyncExitStack, values: dict[str, Any], clock: MovingClock
) -> asyncio.Task[None]:
    settings = SchedulerSettings.model_validate(values)
    # A clock that leaps wakes nobody: the loops look at it themselves, often.
    longest, ticks.LONGEST_SLEEP = ticks.LONGEST_SLEEP, 0.05
    stack.callback(setattr, ticks, "LONGEST_SLEEP", longest)
    url = settings.database_url.get_secret_value()
    engine = make_engine(url, pool=10, application="scheduler")
    await stack.enter_async_context(engine_lifetime(engine))
    task = asyncio.create_task(plan_and_emit(settings, engine, clock))

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)
    return task
