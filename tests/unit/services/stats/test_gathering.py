"""Several messages in one transaction, and each with its own fate."""

import asyncio
import weakref
from collections.abc import AsyncIterator

import pytest

from services.stats.entrypoints.gathering import MOST_EVENTS, Gathering
from shared.contracts.delivery import DeliveryEvents
from tests.support.memory import collector_off
from tests.unit.services.stats.examples import batch, event


def events_of(message: DeliveryEvents) -> int:
    return len(message.events)


POISON = batch(event("sent", 666))


class Applied:
    """Remembers the transactions; refuses poison, and everything while ``away`` or ``broken``."""

    def __init__(self) -> None:
        self.transactions: list[tuple[DeliveryEvents, ...]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.away = self.broken = False

    async def __call__(self, *messages: DeliveryEvents) -> None:
        await self.gate.wait()
        if self.away:
            raise ConnectionError
        if self.broken:
            raise ValueError("all of it")
        if POISON in messages:
            raise ValueError("poison")
        self.transactions.append(messages)


@pytest.fixture
async def applied() -> Applied:
    return Applied()


@pytest.fixture
async def gathering(applied: Applied) -> AsyncIterator[Gathering[DeliveryEvents]]:
    gathering = Gathering[DeliveryEvents](applied, events_of, full=1)
    task = asyncio.create_task(gathering.run())
    yield gathering
    task.cancel()


async def test_what_arrives_during_a_transaction_makes_up_the_next(
    gathering: Gathering[DeliveryEvents], applied: Applied
) -> None:
    applied.gate.clear()
    tasks = []
    for number in range(5):
        tasks.append(asyncio.create_task(gathering.deliver(batch(event("sent", number)))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    applied.gate.set()
    await asyncio.gather(*tasks)
    assert sorted(map(len, applied.transactions)) == [1, 4]


async def test_the_first_waits_a_moment_for_others(applied: Applied) -> None:
    gathering = Gathering(applied, events_of, full=3, linger=0.05)
    running = asyncio.create_task(gathering.run())
    try:
        alone = asyncio.create_task(gathering.deliver(batch(event("sent", 1))))
        await asyncio.sleep(0.01)
        assert applied.transactions == []
        await asyncio.gather(alone, gathering.deliver(batch(event("sent", 2))))
        assert list(map(len, applied.transactions)) == [2]
    finally:
        running.cancel()


async def test_who_has_company_enough_does_not_wait(applied: Applied) -> None:
    gathering = Gathering(applied, events_of, full=2, linger=3600)
    running = asyncio.create_task(gathering.run())
    try:
        await asyncio.gather(*(gathering.deliver(batch(event("sent", n))) for n in (1, 2)))
        assert list(map(len, applied.transactions)) == [2]
    finally:
        running.cancel()


async def test_a_fault_of_one_message_is_not_shared(
    gathering: Gathering[DeliveryEvents], applied: Applied
) -> None:
    messages = [batch(event("sent", 1)), POISON, batch(event("sent", 2))]
    results = await asyncio.gather(*map(gathering.deliver, messages), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert sum(map(len, applied.transactions)) == 2


async def test_everybody_hears_that_the_database_is_away(
    gathering: Gathering[DeliveryEvents], applied: Applied
) -> None:
    applied.away = True
    messages = [batch(event("sent", n)) for n in range(3)]
    results = await asyncio.gather(*map(gathering.deliver, messages), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionError] * 3


@pytest.mark.parametrize("failing", [1, 3])
@pytest.mark.parametrize("away", [False, True])
async def test_nothing_is_kept_of_what_fails(
    gathering: Gathering[DeliveryEvents], applied: Applied, failing: int, away: bool
) -> None:
    """The error comes through frames that have the messages, and it is they that wait for it."""
    applied.away, applied.broken = away, not away
    with collector_off():
        messages = [batch(event("sent", n)) for n in range(failing)]
        held = [weakref.ref(message) for message in messages]
        await asyncio.gather(*map(gathering.deliver, messages), return_exceptions=True)
        del messages
        await asyncio.sleep(0)  # the next are waited for
        assert [one() for one in held] == [None] * failing


async def test_who_stopped_waiting_disturbs_nobody(
    gathering: Gathering[DeliveryEvents], applied: Applied
) -> None:
    applied.gate.clear()
    first, second = (
        asyncio.create_task(gathering.deliver(batch(event("sent", n)))) for n in (1, 2)
    )
    await asyncio.sleep(0)
    first.cancel()
    applied.gate.set()
    await second
    assert first.cancelled()


async def test_a_transaction_does_not_grow_without_bound(
    gathering: Gathering[DeliveryEvents], applied: Applied
) -> None:
    many = batch(*(event("sent", n) for n in range(MOST_EVENTS // 2 + 1)))
    await asyncio.gather(*(gathering.deliver(many) for _ in range(3)))
    assert all(len(messages) == 1 for messages in applied.transactions)
