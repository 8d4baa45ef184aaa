"""A scheduler at work between a real database and a real broker."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pytest
from aio_pika.abc import AbstractChannel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.settings import Settings
from services.scheduler.wiring import LEADER_LOCK, plan_and_emit
from shared.contracts.base import Message
from shared.contracts.commands import SendCommand, SendMessages, SendTogether
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.directory import ClientsChanged, ClientState
from shared.contracts.progress import MailingEmitted
from shared.contracts.topology import (
    API_PROGRESS,
    EVENTS,
    STATS_EVENTS,
    send_queue,
)
from shared.runtime.database import make_engine
from shared.runtime.leader import lead
from shared.runtime.migrate import migrate
from shared.runtime.topology import apply
from tests.support.house import eventually
from tests.support.moving_clock import MovingClock
from tests.support.servers import PostgresForTests, RabbitMQForTests
from tests.support.tap import PATIENCE, Tap, open_channel, publish, tapped

QUEUES = (send_queue("sms"), send_queue("sms", urgent=True), STATS_EVENTS, API_PROGRESS)

OF_THE_SCHEDULER: tuple[Kind, ...] = (
    "queued",
    "planned",
    "expired",
    "suppressed",
    "cancelled",
    "unknown",
)


@dataclass
class World:
    settings: Settings
    engine: AsyncEngine
    channel: AbstractChannel
    amqp_url: str
    tap: Tap = field(default_factory=Tap)
    clock: MovingClock = field(default_factory=MovingClock)

    async def at(self, instant: datetime) -> None:
        """Moves the schedulers' clock, and wakes whoever sleeps by it."""
        self.clock.by = instant - datetime.now(UTC)
        await self.event(DeliveryEvents(kind="returned", events=()))

    async def heard(self) -> None:
        """A scheduler has applied every client and mailing published so far: it takes them in
        order, so it is enough to wait for a stranger that comes last."""
        stranger = ClientState(id=10**9, revision=time.time_ns(), deleted=True)
        await self.event(ClientsChanged(clients=(stranger,)))
        query = f"SELECT count(*) FROM client WHERE revision = {stranger.revision}"  # noqa: S608
        await eventually(lambda: self.count(query), PATIENCE, every=0.02)

    async def event(self, *messages: Message) -> None:
        for message in messages:
            await publish(self.channel, EVENTS, message.key, message)

    @asynccontextmanager
    async def scheduler(self) -> AsyncIterator[None]:
        """One replica; several may run at once, and one of them leads."""
        work = partial(plan_and_emit, self.settings, self.engine, self.clock)
        task = asyncio.create_task(lead(self.engine, LEADER_LOCK, work))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def listening(self, queues: Sequence[str] = QUEUES) -> AsyncIterator[Tap]:
        async with tapped(self.amqp_url, queues) as self.tap:
            yield self.tap

    def envelopes(self, urgent: bool = False) -> list[SendMessages]:
        sent = self.tap.of("sms.urgent" if urgent else "sms", SendTogether)
        return [envelope for message in sent for envelope in message.envelopes]

    def commands(self, mailing_id: int | None = None) -> list[SendCommand]:
        wanted = (e for e in self.envelopes() if mailing_id in (None, e.mailing_id))
        return [command for envelope in wanted for command in envelope.commands]

    def reached(self, mailing_id: int | None = None) -> Counter[int]:
        """How many commands each client had."""
        return Counter(command.client_id for command in self.commands(mailing_id))

    def told(self, kind: Kind) -> list[DeliveryEvent]:
        """Events of one kind so far."""
        taken = self.tap.of(f"delivery.{kind}", DeliveryEvents)
        return [event for message in taken for event in message.events]

    async def emitted(self, revision: int = 1, mailing_id: int = 1) -> int:
        """How many messages a mailing has, once all its waves have ended under this revision and
        all that was told of them has come in."""

        def found() -> list[int]:
            ends = self.tap.of("progress.emitted", MailingEmitted)
            return [
                e.messages for e in ends if (e.mailing_id, e.revision) == (mailing_id, revision)
            ]

        await self.tap.until(lambda: bool(found()))
        await self.tap.until(lambda: self._all_told(mailing_id, found()[0]))
        return found()[0]

    def _all_told(self, mailing_id: int, messages: int) -> bool:
        """Queues overtake one another."""
        told = [event for kind in OF_THE_SCHEDULER for event in self.told(kind)]
        mine = {event.message_id for event in told if event.mailing_id == mailing_id}
        queued = {(event.message_id, event.dispatch) for event in self.told("queued")}
        commands = (
            c for e in (*self.envelopes(), *self.envelopes(urgent=True)) for c in e.commands
        )
        return len(mine) >= messages and queued <= {(c.message_id, c.dispatch) for c in commands}

    async def count(self, query: str) -> int:
        async with self.engine.connect() as connection:
            return int(await connection.scalar(text(query)) or 0)


@pytest.fixture
async def world(postgres: PostgresForTests, rabbitmq: RabbitMQForTests) -> AsyncIterator[World]:
    url = await postgres.new_database("scheduler")
    vhost = await rabbitmq.new_vhost()
    await asyncio.to_thread(migrate, "scheduler", url)
    await asyncio.to_thread(apply, vhost.management_url, vhost.amqp_url, (1, 5))
    settings = Settings.model_validate(
        {"RABBITMQ_URL": vhost.amqp_url, "SERVICE_TOKEN": "t" * 16, "database_url": url}
    )
    engine = make_engine(url, pool=10, application="test")
    async with open_channel(vhost.amqp_url) as channel:
        yield World(settings, engine, channel, vhost.amqp_url)
    await engine.dispose()
    await rabbitmq.drop_vhost(vhost.name)
