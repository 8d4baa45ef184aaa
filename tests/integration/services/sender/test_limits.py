"""A provider with a limit, and one that goes away: what several senders make of it together."""

import asyncio
import gc
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from time import monotonic

from deploy.simulator.faults import Answer
from services.sender.adapters.link import BrokerLink
from tests.integration.services.sender.world import World, commands, until

LIMIT = 300


async def three_senders(world: World, stack: AsyncExitStack) -> list[BrokerLink]:
    return [await stack.enter_async_context(world.sender(concurrency=20)) for _ in range(3)]


async def test_senders_find_the_limit_of_the_provider_together(world: World) -> None:
    gc.freeze()  # what hundreds of tests have left need not be looked through during this one
    world.misbehave(rate_limit_per_second=LIMIT, latency_ms=20)
    async with AsyncExitStack() as stack:
        await three_senders(world, stack)
        for _ in range(140):
            await world.send(*commands(100))
        await asyncio.sleep(13)
        found = [await _measured(world)]
        # Now and then they hold back for some seconds to find out whether it is a limit.
        while not _is_found(*found[-1]) and len(found) < 3:
            found.append(await _measured(world))
    assert _is_found(*found[-1]), found
    assert {event.attempt for event in world.events()} == {1}


async def _measured(world: World) -> tuple[float, float]:
    """What was accepted a second, in ten of them, and the share of calls that were refused."""
    before, began = dict(world.provider.books.by_answer), monotonic()
    await asyncio.sleep(10)
    after, lasted = dict(world.provider.books.by_answer), monotonic() - began
    sent, refused = (after.get(a, 0) - before.get(a, 0) for a in (Answer.OK, Answer.THROTTLED))
    return sent / lasted, refused / max(1, sent + refused)


def _is_found(rate: float, refused: float) -> bool:
    return 0.9 * LIMIT <= rate <= 1.1 * LIMIT and refused < 0.01


async def test_outage_is_probed_seldom_and_its_end_is_seen_at_once(world: World) -> None:
    world.misbehave(outage=True)
    async with AsyncExitStack() as stack:
        links = await three_senders(world, stack)
        for _ in range(6):
            await world.send(*commands(50))
        short = commands(30)
        await world.send(*short, not_after=datetime.now(UTC) + timedelta(seconds=5))
        await asyncio.sleep(3)
        assert [link.replicas() for link in links] == [3, 3, 3]
        before = world.provider.books.calls
        await asyncio.sleep(6)
        assert 0 < world.provider.books.calls - before <= 5 * 6
        await world.ended(*short)
        ends = [world.events(each.message_id)[-1] for each in short]
        assert {(end.kind, end.reason) for end in ends} == {("returned", "window_closed")}
        world.misbehave()
        returned_at = monotonic()
        await until(lambda: world.provider.books.summary()["distinct"] >= 200)
        assert monotonic() - returned_at < 5


async def test_hanging_provider_is_seen_to_return_before_its_calls_time_out(world: World) -> None:
    books = world.provider.books
    world.misbehave(error_rate=1.0)
    async with world.sender(concurrency=5, breaker_failures=5, call_timeout=10.0):
        await world.send(*commands(40))
        await until(lambda: books.calls >= 5)
        world.misbehave(hang_rate=1.0)
        await until(lambda: books.by_answer[Answer.HUNG] > 0)  # a probe hangs
        hangs_until = monotonic() + 10
        world.misbehave()
        await until(lambda: books.by_answer[Answer.OK] >= 30)
        assert monotonic() < hangs_until
