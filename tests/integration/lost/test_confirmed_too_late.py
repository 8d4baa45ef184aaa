"""A batch that was delivered and not confirmed, and whose opening has closed since: everybody has
been sent to, and is told of under the dispatch in which they go out once more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.adapters.outlet import BrokerOutlet
from shared.contracts.commands import SendMessages
from shared.runtime.broker import PublishFailed
from tests.integration.local_time.world import World, running_world, until
from tests.support.examples import clients, mailing
from tests.support.moving_clock import move_to
from tests.support.servers import PostgresForTests, RabbitMQForTests

pytestmark = pytest.mark.servers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # 15:00 in Moscow
PEOPLE = 12


@pytest.fixture
async def world(postgres: PostgresForTests, rabbitmq: RabbitMQForTests) -> AsyncIterator[World]:
    async with running_world(postgres, rabbitmq, NOON) as found:
        yield found


async def test_who_was_sent_to_before_the_batch_was_taken_back_is_not_sent_to_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, given_up = BrokerOutlet.send, asyncio.Event()

    async def unconfirmed(
        self: BrokerOutlet, envelopes: Sequence[SendMessages], *, urgent: bool
    ) -> None:
        await send(self, envelopes, urgent=urgent)
        if not given_up.is_set():
            await given_up.wait()
            raise PublishFailed("carillon.send")

    monkeypatch.setattr(BrokerOutlet, "send", unconfirmed)
    days = {"starts_at": NOON, "ends_at": NOON + timedelta(days=3)}
    window = {"from": "10:00", "to": "20:00"}
    everybody = clients(range(1, PEOPLE + 1))
    await world.tell(everybody, mailing(1, window=window, **days))  # type: ignore[arg-type]
    await until(lambda: sent(world))
    await move_to(NOON + timedelta(days=1), world.clock, world.databases)
    given_up.set()
    books = await world.closed_books(1)
    assert books["by_status"]["sent"] == PEOPLE
    await world.settled(retries=True, patience=15)
    assert len(world.provider.heard) == PEOPLE
    assert await world.scheduler.fetchval("SELECT min(dispatch) FROM message") == 2


async def sent(world: World) -> bool:
    query = "SELECT count(*) = $1 FROM ledger WHERE state = 'sent'"
    return bool(await world.sender.fetchval(query, PEOPLE))
