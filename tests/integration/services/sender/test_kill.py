"""Senders as processes: their health, and what is left when they are killed without warning."""

import asyncio
from collections import Counter
from contextlib import suppress

import httpx

from shared.contracts.topology import again_queue, send_queue
from tests.integration.services.sender.processes import CONCURRENCY, free_port, process
from tests.integration.services.sender.world import World, commands, until
from tests.support.wire import Wire


async def checks(client: httpx.AsyncClient, status: int) -> dict[str, bool]:
    """Waits until the sender's readiness has this status."""
    async with asyncio.timeout(15):
        while True:
            with suppress(httpx.ConnectError):
                ready = await client.get("/health/ready")
                if ready.status_code == status:
                    return dict(ready.json()["checks"])
            await asyncio.sleep(0.1)


async def test_health_follows_the_broker(world: World, wire: Wire) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with (
        process(world, port),
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        assert await checks(client, 200) == {"database": True, "broker": True}
        wire.cut()
        assert await checks(client, 503) == {"database": True, "broker": False}
        wire.mend()
        await checks(client, 200)
        metrics = (await client.get("/metrics")).text
    assert 'carillon_channel_stopped{channel="sms"} 0.0' in metrics
    assert 'carillon_sender_calls_in_flight{channel="sms"} 0.0' in metrics


async def test_killed_sender_loses_nothing_and_repeats_only_what_was_under_way(
    world: World,
) -> None:
    some = commands(600)
    world.misbehave(latency_ms=20)
    for start in range(0, 600, 100):
        await world.send(*some[start : start + 50])
        await world.send_together(some[start + 50 : start + 60], some[start + 60 : start + 100])
    for accepted in (100, 300):
        async with process(world) as sender:
            await until(lambda accepted=accepted: world.provider.books.accepted > accepted)  # type: ignore[misc]
            sender.kill()
            await sender.wait()
    async with process(world):
        await world.ended(*some)
    books = world.provider.books.summary()
    assert books["distinct"] == 600
    # In flight, or answered since the last flush, at each of the two kills.
    assert books["repeats"] <= 2 * 5 * CONCURRENCY
    assert {event.kind for event in world.events()} == {"sent"}
    assert await world.left_in(send_queue("sms")) == 0
    assert await world.left_in(again_queue("sms")) == 0


async def test_what_a_killed_sender_was_calling_is_unknown_where_calls_cannot_be_repeated(
    world: World,
) -> None:
    some = commands(60)
    world.misbehave(latency_ms=700)
    await world.send(*some)
    async with process(world, SENDER_PROVIDER_IDEMPOTENT="false") as sender:
        await until(lambda: world.provider.books.in_flight == CONCURRENCY)
        sender.kill()
        await sender.wait()
    world.misbehave()
    async with process(world, SENDER_PROVIDER_IDEMPOTENT="false"):
        await world.ended(*some)
    books = world.provider.books.summary()
    ends = Counter(event.kind for event in world.events())
    assert books["repeats"] == 0
    assert world.provider.books.calls == len(some)
    assert ends == {"unknown": CONCURRENCY, "sent": len(some) - CONCURRENCY}
    assert await world.left_in(send_queue("sms")) == 0
    assert await world.left_in(again_queue("sms")) == 0


async def test_terminated_sender_repeats_nothing(world: World) -> None:
    some = commands(300)
    world.misbehave(latency_ms=50)
    for start in range(0, 300, 50):
        await world.send(*some[start : start + 50])
    async with process(world) as sender:
        await until(lambda: world.provider.books.accepted > 50)
        sender.terminate()
        await asyncio.wait_for(sender.wait(), 10)
    async with process(world):
        await world.ended(*some)
    books = world.provider.books.summary()
    assert (books["distinct"], books["repeats"]) == (300, 0)
