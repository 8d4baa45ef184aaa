"""A pause holds: measured at the provider, with several senders hard at work."""

import time
from contextlib import AsyncExitStack
from datetime import datetime

from shared.contracts.gates import Gate
from tests.integration.services.sender.world import MAILING, World, commands, until

PROMISED = 1.0  # seconds from the moment at which the broker has the gate


def began_after(world: World, moment: float) -> list[float]:
    """Seconds after ``moment`` (Unix time) at which calls reached the provider."""
    records = world.provider.books.page(None, 100_000).items
    moments = [datetime.fromisoformat(at).timestamp() for one in records for at in one["moments"]]
    return sorted(at - moment for at in moments if at > moment)


async def test_no_call_of_three_senders_begins_a_second_after_a_pause(world: World) -> None:
    some = commands(5000)
    world.misbehave(latency_ms=20, latency_jitter_ms=40)
    async with AsyncExitStack() as senders:
        for number in range(3):
            await senders.enter_async_context(world.sender(node=f"sender-{number}"))
        for start in range(0, len(some), 100):
            await world.send(*some[start : start + 100])
        await until(lambda: world.provider.books.accepted > 1000)
        await world.gate(Gate(kind="mailing", id=MAILING, revision=1, closed=True))
        paused = time.time()
        await world.ended(*some)
    kinds = [event.kind for event in world.events()]
    assert kinds.count("returned") > 1000
    assert kinds.count("sent") == world.provider.books.accepted
    assert max(began_after(world, paused), default=0.0) < PROMISED


async def test_nor_while_the_provider_drops_every_connection(world: World) -> None:
    """Then each call has to connect first."""
    some = commands(1500)
    world.misbehave(latency_ms=20, drop_before_rate=0.5)
    async with AsyncExitStack() as senders:
        for number in range(3):
            sender = world.sender(node=f"sender-{number}", breaker_failures=1000)
            await senders.enter_async_context(sender)
        for start in range(0, len(some), 100):
            await world.send(*some[start : start + 100])
        await until(lambda: world.provider.books.accepted > 200)
        await world.gate(Gate(kind="mailing", id=MAILING, revision=1, closed=True))
        paused = time.time()
        await world.ended(*some)
    uncertain = [event for event in world.events() if event.uncertain]
    assert len(uncertain) > 50
    assert {(event.kind, event.text) for event in uncertain} == {("returned", "The bells ring")}
    assert max(began_after(world, paused), default=0.0) < PROMISED
