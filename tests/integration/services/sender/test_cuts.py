"""Broker or database away in the middle: nothing is lost, and nothing called twice by us."""

import asyncio
from functools import partial

from shared.contracts.topology import again_queue, send_queue
from tests.integration.services.sender.world import World, command, commands, until
from tests.support.wire import Wire


async def test_broker_lost_while_calling(world: World, wire: Wire) -> None:
    some = commands(30)
    world.misbehave(latency_ms=1500)
    async with world.sender(concurrency=10) as link:
        await world.send(*some)
        await until(lambda: world.provider.books.in_flight == 10)
        wire.cut()
        wire.mend()
        await until(lambda: not link.may_call())
        world.misbehave()
        await world.ended(*some)
    books = world.provider.books.summary()
    assert (books["distinct"], books["repeats"]) == (30, 0)
    assert await world.left_in(send_queue("sms")) == 0
    assert await world.left_in(again_queue("sms")) == 0


async def test_no_call_starts_without_the_broker(world: World, wire: Wire) -> None:
    some = commands(100)
    world.misbehave(latency_ms=100)
    async with world.sender(concurrency=5) as link:
        await world.send(*some)
        await until(lambda: world.provider.books.accepted >= 5)
        wire.cut()
        await until(lambda: not link.may_call() and world.provider.books.in_flight == 0)
        calls = world.provider.books.calls
        await asyncio.sleep(1.0)
        assert world.provider.books.calls == calls
        wire.mend()
        world.misbehave()
        await world.ended(*some)
    books = world.provider.books.summary()
    assert (books["distinct"], books["repeats"]) == (100, 0)


async def test_outcome_waits_for_the_database(world: World) -> None:
    one = command()
    world.misbehave(latency_ms=300)
    async with world.sender():
        await world.send(one)
        await until(lambda: world.provider.books.in_flight == 1)
        await world.execute("ALTER TABLE ledger RENAME TO elsewhere", {})
        await until(lambda: world.provider.books.in_flight == 0)
        await asyncio.sleep(0.3)
        assert world.events() == []
        await world.execute("ALTER TABLE elsewhere RENAME TO ledger", {})
        (event,) = await world.ended(one)
    assert event.kind == "sent"
    assert world.accepted(one) == 1


async def test_sessions_that_are_killed_cost_nothing(world: World) -> None:
    some = commands(400)
    world.misbehave(latency_ms=5)
    async with world.sender(concurrency=20):
        for start in range(0, 400, 100):
            await world.send(*some[start : start + 100])
        for _ in range(3):
            seen = world.provider.books.accepted
            await until(partial(_more_accepted, world, seen + 20))
            await world.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                {},
            )
        await world.ended(*some)
    books = world.provider.books.summary()
    assert (books["distinct"], books["repeats"]) == (400, 0)


def _more_accepted(world: World, number: int) -> bool:
    return world.provider.books.accepted > number
