"""The whole service in this process: broker in, books and answers out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aio_pika
import httpx
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from fastapi import FastAPI
from faststream.rabbit import RabbitBroker
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.adapters.upkeep import PostgresUpkeep
from services.stats.settings import Settings
from services.stats.wiring import make_app
from shared.contracts.base import Message
from shared.contracts.delivery import CallsInFlight, DeliveryEvent, DeliveryEvents, InFlight
from shared.contracts.progress import MailingEmitted, MailingFinished
from shared.contracts.topology import API_PROGRESS, DEAD, STATS_EVENTS
from shared.runtime import handling
from shared.runtime.broker import Publisher, make_broker
from shared.runtime.topology import apply
from tests.support.memory import collector_off, in_memory
from tests.support.servers import Vhost
from tests.unit.services.stats.examples import START, batch, event, wave, waves
from tests.unit.services.stats.fakes import FakeMeters

pytestmark = pytest.mark.servers

_CUT_OFF = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'stats' AND datname = current_database()"
)
TOKEN = "a token of sixteen"


@pytest_asyncio.fixture(scope="module")
async def amqp_url(vhost: Vhost) -> str:
    await asyncio.to_thread(apply, vhost.management_url, vhost.amqp_url, (1,))
    return vhost.amqp_url


@pytest_asyncio.fixture(scope="module")
async def broker(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    broker = make_broker(amqp_url, service="test")
    await broker.start()
    yield broker
    await broker.stop()


@pytest_asyncio.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        yield await connection.channel()


@pytest.fixture
def make_service(database_url: str, amqp_url: str) -> "MakeService":
    return MakeService(database_url, amqp_url)


class MakeService:
    """Starts the service as often as a test needs it; its HTTP client comes back."""

    def __init__(self, database_url: str, amqp_url: str) -> None:
        self.facts = {"database_url": database_url, "RABBITMQ_URL": amqp_url}
        self.meters = FakeMeters()

    def app(self, **changed: str) -> FastAPI:
        facts: dict[str, Any] = {**self.facts, "SERVICE_TOKEN": TOKEN, **changed}
        return make_app(Settings(**facts), meters=self.meters)

    @asynccontextmanager
    async def running(self, **changed: str) -> AsyncIterator[httpx.AsyncClient]:
        app = self.app(**changed)
        transport = httpx.ASGITransport(app)
        token = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://stats", headers=token) as http,
        ):
            yield http


async def test_from_the_plan_to_the_end(
    make_service: MakeService, broker: RabbitBroker, channel: AbstractChannel
) -> None:
    publisher = Publisher(broker)
    now = datetime.now(UTC)
    entry = InFlight(mailing_id=71, calls=2)
    lived: list[Message] = [
        waves(wave(3), mailing_id=71),
        batch(*(of_mailing(71, "queued", n) for n in (1, 2, 3))),
        CallsInFlight(sender="a", at=now, mailings=(entry,)),
        batch(*(of_mailing(71, "sent", n, at=now) for n in (1, 2))),
    ]
    async with make_service.running() as http:
        for message in lived:
            await publisher.event(message)
        # Batches are applied side by side, so the later one may be first.
        statistics = await until(
            http,
            71,
            lambda answer: (
                (answer["by_status"]["queued"], answer["by_status"]["sent"]) == (1, 2)
                and answer["in_flight"] == 2
            ),
        )
        assert (statistics["audience"], statistics["rate_per_second"]) == (3, 0.2)
        await publisher.event(MailingEmitted(mailing_id=71, revision=4, messages=3))
        await publisher.event(batch(of_mailing(71, "failed", 3)))
        finished = await next_finished(channel, 71)
        assert (finished.mailing_id, finished.revision) == (71, 4)


async def test_a_replica_is_one_consumer(
    make_service: MakeService, channel: AbstractChannel
) -> None:
    """Another one would have as many messages in hand again."""
    async with make_service.running():
        deadline = asyncio.get_running_loop().time() + 1.5
        seen = set()
        while asyncio.get_running_loop().time() < deadline:
            queue = await channel.declare_queue(STATS_EVENTS, passive=True)
            seen.add(queue.declaration_result.consumer_count or 0)
            await asyncio.sleep(0.1)
    assert max(seen) == 1


async def test_what_was_not_acknowledged_comes_again_and_changes_nothing(
    make_service: MakeService, broker: RabbitBroker, amqp_url: str
) -> None:
    """A consumer dies with a batch in its hands that another has already applied."""
    publisher = Publisher(broker)
    sent = batch(*(of_mailing(72, "sent", n) for n in range(10, 20)))
    for _ in range(2):
        await publisher.event(sent)
    dying = await aio_pika.connect(amqp_url)
    queue = await (await dying.channel()).get_queue(STATS_EVENTS, ensure=False)
    assert (await queue.get()).body == sent.encode()
    async with make_service.running() as http:
        await until(http, 72, lambda answer: answer["by_status"]["sent"] == 10)
        await dying.close()
        statistics = await until(http, 72, lambda _: make_service.meters.stale == 10)
        assert statistics["audience"] == statistics["by_status"]["sent"] == 10


async def test_a_database_that_breaks_off_changes_nothing(
    make_service: MakeService, broker: RabbitBroker, engine: AsyncEngine
) -> None:
    """Every connection of the service is cut, again and again, while it works."""
    publisher = Publisher(broker)
    async with make_service.running() as http:
        for start in range(1000, 2000, 50):
            some = range(start, start + 50)
            await publisher.event(batch(*(of_mailing(74, "queued", n) for n in some)))
            await publisher.event(batch(*(of_mailing(74, "sent", n) for n in some)))
            async with engine.begin() as connection:
                await connection.execute(_CUT_OFF)
        statistics = await until(http, 74, lambda answer: answer["by_status"]["sent"] == 1000)
        assert statistics["audience"] == 1000
    assert await PostgresUpkeep(engine).out_of_balance(START) == []


async def test_it_does_not_grow_while_every_transaction_fails(
    make_service: MakeService,
    broker: RabbitBroker,
    channel: AbstractChannel,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What PostgreSQL and its libraries raise is held by nothing, nor is what they were asked."""
    monkeypatch.setattr(handling, "PAUSE_AFTER_BUG", 0.0)
    caplog.set_level(logging.CRITICAL)  # pytest keeps what is told, with all it came through
    for number in range(3):
        await Publisher(broker).event(batch(of_mailing(75, "sent", number)))
    with collector_off():
        before = in_memory(DeliveryEvents)
        async with without_a_column(engine), make_service.running(prefetch="3"):
            for _ in range(3):  # each failed a hundred times
                await taken(channel, DEAD)
        assert in_memory(DeliveryEvents) == before


async def test_a_batch_waits_for_the_next_start(
    make_service: MakeService, broker: RabbitBroker
) -> None:
    await Publisher(broker).event(batch(of_mailing(73, "sent", 30)))
    async with make_service.running() as http:
        await until(http, 73, lambda answer: answer["by_status"]["sent"] == 1)


async def test_it_answers_while_the_broker_is_away(make_service: MakeService) -> None:
    async with make_service.running(RABBITMQ_URL="amqp://nobody:none@127.0.0.1:1/") as http:
        assert (await http.get("/mailings/99/statistics")).json()["audience"] == 0
        assert (await http.get("/health/ready")).status_code == 200
        assert (await http.get("/metrics")).status_code == 200


async def test_it_says_that_its_database_is_away(make_service: MakeService) -> None:
    nowhere = "postgresql+asyncpg://nobody:none@127.0.0.1:1/nothing"
    async with make_service.running(database_url=nowhere) as http:
        assert (await http.get("/mailings/99/statistics")).status_code == 503
        assert (await http.get("/health/ready")).status_code == 503
        assert (await http.get("/health/live")).status_code == 200


@asynccontextmanager
async def without_a_column(engine: AsyncEngine) -> AsyncIterator[None]:
    """As if a migration had been forgotten."""
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE tally RENAME COLUMN n TO m"))
    try:
        yield
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE tally RENAME COLUMN m TO n"))


async def taken(channel: AbstractChannel, name: str) -> bytes:
    """The next message of a queue, which may take a while."""
    queue = await channel.get_queue(name, ensure=False)
    async with asyncio.timeout(30):
        while True:
            if (message := await queue.get(no_ack=True, fail=False)) is not None:
                return message.body
            await asyncio.sleep(0.02)


def of_mailing(mailing_id: int, kind: Any, message_id: int, **fields: Any) -> DeliveryEvent:
    return event(kind, message_id, mailing_id=mailing_id, **fields)


async def until(http: httpx.AsyncClient, mailing_id: int, holds: Any) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            answer = await http.get(f"/mailings/{mailing_id}/statistics")
            statistics: dict[str, Any] = answer.json()
            if answer.status_code == 200 and holds(statistics):
                return statistics
            await asyncio.sleep(0.02)


async def next_finished(channel: AbstractChannel, mailing_id: int) -> MailingFinished:
    queue = await channel.get_queue(API_PROGRESS)
    async with asyncio.timeout(10), queue.iterator(no_ack=True) as messages:
        async for message in messages:
            if message.routing_key == MailingFinished.routing_key:
                finished = MailingFinished.decode(message.body)
                if finished.mailing_id == mailing_id:
                    return finished
    raise AssertionError("the queue ended")
