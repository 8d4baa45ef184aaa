"""A pause holds: measured at the provider, with several senders hard at work.

They are processes of their own, or all of them and the provider would wait for one another.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from shared.contracts.commands import SendCommand
from shared.contracts.gates import Gate
from shared.contracts.topology import send_queue
from tests.integration.services.sender.processes import process
from tests.integration.services.sender.world import MAILING, World, commands, until

PROMISED = 1.0  # seconds from the moment at which the broker has the gate
SENDERS = 3
SETTINGS = {"SENDER_CONCURRENCY": "50", "SENDER_CALL_TIMEOUT": "5"}


@asynccontextmanager
async def senders_at_work(world: World, some: list[SendCommand]) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        starting = [
            stack.enter_async_context(process(world, None, **SETTINGS)) for _ in range(SENDERS)
        ]
        await asyncio.gather(*starting)
        await until_all_consume(world)
        for start in range(0, len(some), 100):
            await world.send(*some[start : start + 100])
        await until(lambda: world.provider.books.accepted > len(some) / 5)
        yield


async def until_all_consume(world: World) -> None:
    async with asyncio.timeout(30):
        while True:
            answer = await world.channel.declare_queue(send_queue("sms"), passive=True)
            if answer.declaration_result.consumer_count == SENDERS:
                return
            await asyncio.sleep(0.1)


async def pause(world: World) -> float:
    """When it was answered (Unix time)."""
    await world.gate(Gate(kind="mailing", id=MAILING, revision=1, closed=True))
    return time.time()


def began_after(world: World, moment: float) -> list[float]:
    """Seconds after ``moment`` (Unix time) at which calls reached the provider."""
    records = world.provider.books.page(None, 100_000).items
    moments = [datetime.fromisoformat(at).timestamp() for one in records for at in one["moments"]]
    return sorted(at - moment for at in moments if at > moment)


async def test_no_call_of_three_senders_begins_a_second_after_a_pause(world: World) -> None:
    some = commands(3000)
    world.misbehave(latency_ms=50, latency_jitter_ms=100)
    async with senders_at_work(world, some):
        paused = await pause(world)
        await world.ended(*some)
    events = world.events()
    sent = sum(event.kind == "sent" for event in events)
    perhaps = sum(event.uncertain for event in events)
    assert sum(event.kind == "returned" for event in events) > 500
    assert sent <= world.provider.books.accepted <= sent + perhaps
    assert max(began_after(world, paused), default=0.0) < PROMISED


async def test_nor_while_the_provider_drops_every_other_connection(world: World) -> None:
    """Then calls have to connect first."""
    some = commands(1500)
    world.misbehave(latency_ms=50, drop_before_rate=0.5)
    async with senders_at_work(world, some):
        paused = await pause(world)
        await world.ended(*some)
    uncertain = [event for event in world.events() if event.uncertain]
    assert len(uncertain) > 50
    assert {(event.kind, event.text) for event in uncertain} == {("returned", "The bells ring")}
    assert max(began_after(world, paused), default=0.0) < PROMISED
