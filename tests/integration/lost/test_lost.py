"""What is lost without a trace, as with a broker's disk, comes to an end all the same.

Scheduler, sender and stats are real, between real servers; their clock is moved.
"""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.entrypoints import rounds
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.progress import MailingFinished
from shared.contracts.topology import EVENTS, SEND, STATS_EVENTS, send_key, send_queue
from tests.integration.local_time.world import World, running_world, until
from tests.support.examples import clients, mailing
from tests.support.moving_clock import move_to
from tests.support.servers import PostgresForTests, RabbitMQForTests

pytestmark = pytest.mark.servers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENCE = timedelta(hours=1)
LATER = PATIENCE + timedelta(minutes=1)
PEOPLE = 12


@pytest.fixture
async def world(
    postgres: PostgresForTests, rabbitmq: RabbitMQForTests, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(rounds, "BETWEEN_ROUNDS", 0.1)
    monkeypatch.setattr(rounds, "BETWEEN_QUESTIONS", 0.1)
    patience = PATIENCE.total_seconds()
    async with running_world(postgres, rabbitmq, NOON, ask_after=patience) as found:
        yield found


async def launch(world: World) -> None:
    ends_at = NOON + timedelta(days=2)
    everybody = clients(range(1, PEOPLE + 1))
    await world.tell(everybody, mailing(1, starts_at=NOON, ends_at=ends_at))


async def emitted(world: World) -> bool:
    query = "SELECT count(*) FROM mailing WHERE emitted_revision = 1"
    return bool(await world.scheduler.fetchval(query))


async def finished(world: World) -> bool:
    query = "SELECT count(*) FROM mailing WHERE finished_revision = 1"
    return bool(await world.scheduler.fetchval(query))


async def looked_into(world: World) -> None:
    """An hour in which nothing was heard, and a minute in which stats did not answer."""
    query = "SELECT count(*) FROM mailing WHERE unheard_since IS NOT NULL"
    await until(lambda: _some(world, query))
    await move_to(world.clock.now() + LATER, world.clock, world.databases)
    await until(lambda: _some(world, "SELECT asks FROM mailing"))
    await move_to(world.clock.now() + LATER, world.clock, world.databases)


async def _some(world: World, query: str) -> bool:
    return bool(await world.scheduler.fetchval(query))


async def swallowed(world: World, exchange: str, queue: str, key: str) -> None:
    """What is published is confirmed from now on, and nobody gets it."""
    nowhere = await world.channel.declare_queue("nowhere", durable=True)
    await nowhere.bind(exchange, key)
    await (await world.channel.get_queue(queue, ensure=False)).unbind(exchange, key)


async def heard(world: World, exchange: str, queue: str, key: str) -> None:
    await (await world.channel.get_queue(queue, ensure=False)).bind(exchange, key)
    await world.channel.queue_delete("nowhere")


async def all_told(world: World) -> None:
    """Everybody's outcome is among what nobody gets."""
    nowhere, told = await world.channel.get_queue("nowhere"), 0

    async def some_more() -> bool:
        nonlocal told
        while message := await nowhere.get(no_ack=True, fail=False):
            if message.routing_key == "delivery.sent":
                told += len(DeliveryEvents.decode(message.body).events)
        return told == PEOPLE

    await until(some_more)


async def test_commands_that_were_lost_are_sent_or_end_unknown(world: World) -> None:
    """Two had been taken by senders that lost everything but the ledger."""
    way = (SEND, send_queue("sms"), send_key("sms"))
    await swallowed(world, *way)
    await launch(world)
    await until(lambda: emitted(world))
    await heard(world, *way)
    ids = [r["id"] for r in await world.scheduler.fetch("SELECT id FROM message ORDER BY id")]
    await world.sender.execute(
        """
        INSERT INTO ledger (message_id, mailing_id, client_id, timezone, dispatch, attempt, state,
            uncertain, holder, lease_until, called, happened_at, next_attempt_at)
        VALUES
            ($1, 1, 1, 'Europe/Moscow', 1, 2, 'claimed', false, 'gone', $3, 1, $3, NULL),
            ($2, 1, 2, 'Europe/Moscow', 1, 3, 'retrying', false, 'gone', $3, 2, $3, $3)
        """,
        *ids[:2],
        NOON,
    )
    assert world.provider.heard == []
    await looked_into(world)
    books = await world.closed_books(1)
    ends = {status: n for status, n in books["by_status"].items() if n}
    assert ends == {"sent": PEOPLE - 1, "unknown": 1}
    assert Counter(id_ for id_, _ in world.provider.heard) == Counter(ids[1:])
    await until(lambda: finished(world))


async def test_outcomes_that_were_lost_are_told_again_without_a_call(world: World) -> None:
    way = (EVENTS, STATS_EVENTS, "delivery.*")
    await swallowed(world, *way)
    await launch(world)
    await until(lambda: emitted(world))
    await all_told(world)
    await heard(world, *way)
    called = len(world.provider.heard)
    assert called == PEOPLE
    await looked_into(world)
    books = await world.closed_books(1)
    assert books["by_status"]["sent"] == PEOPLE
    assert len(world.provider.heard) == called
    await until(lambda: finished(world))


async def test_the_news_of_an_end_is_asked_for_once_more_and_nobody_else_is_asked(
    world: World,
) -> None:
    way = (EVENTS, "scheduler.progress", MailingFinished.routing_key)
    await swallowed(world, *way)
    await launch(world)
    await until(lambda: emitted(world))
    await world.closed_books(1)
    # It is announced before it is marked.
    await until(lambda: _announced(world))
    await heard(world, *way)
    assert not await finished(world)
    await until(lambda: _some(world, "SELECT count(*) FROM mailing WHERE unheard_since < now()"))
    await move_to(world.clock.now() + LATER, world.clock, world.databases)
    await until(lambda: finished(world))
    await until(lambda: _some(world, "SELECT count(*) FROM mailing WHERE asks = 0"))


async def _announced(world: World) -> bool:
    stats = world.databases[-1].connection
    return bool(await stats.fetchval("SELECT finished_revision = 1 FROM mailing"))
