"""Every class of failure, from the provider's behaviour to the events and the retries."""

import asyncio
from time import monotonic
from typing import Any

import pytest

from shared.contracts.topology import again_queue, send_queue
from tests.integration.services.sender.world import World, command, commands, until


def story(world: World, message_id: int) -> list[tuple[str, int, str | None]]:
    return [(e.kind, e.attempt, e.reason) for e in world.events(message_id)]


@pytest.mark.parametrize(
    ("faults", "reason", "end"),
    [
        ({"error_rate": 1.0}, "server_error", "failed"),
        ({"drop_before_rate": 1.0}, "outcome_unknown", "unknown"),
        ({"drop_rate": 1.0}, "outcome_unknown", "unknown"),
        ({"garbage_rate": 1.0}, "outcome_unknown", "unknown"),
    ],
)
async def test_tiers_are_used_up(
    world: World, faults: dict[str, Any], reason: str, end: str
) -> None:
    one = command()
    world.misbehave(**faults)
    async with world.sender():
        await world.send(one)
        await world.ended(one)
    assert story(world, one.message_id) == [
        ("retrying", 1, reason),
        ("retrying", 2, reason),
        (end, 3, reason),
    ]
    assert world.provider.books.calls == 3


async def test_nobody_there_uses_up_tiers_and_fails(world: World) -> None:
    one = command()
    async with world.sender(provider_url="http://127.0.0.1:1"):
        await world.send(one)
        await world.ended(one)
    assert story(world, one.message_id)[-1] == ("failed", 3, "connection_failed")


async def test_one_unknown_attempt_makes_the_end_unknown(world: World) -> None:
    one = command()
    world.misbehave(garbage_rate=1.0)
    async with world.sender():
        await world.send(one)
        await until(lambda: world.provider.books.calls == 1)
        world.misbehave(error_rate=1.0)
        await world.ended(one)
    assert story(world, one.message_id)[-1] == ("unknown", 3, "server_error")


async def test_hung_call_is_unknown_and_tried_again(world: World) -> None:
    one = command()
    world.misbehave(hang_rate=1.0)
    async with world.sender(call_timeout=0.5):
        await world.send(one)
        await until(lambda: world.provider.books.calls == 1)
        world.misbehave()
        await world.ended(one)
    assert story(world, one.message_id) == [("retrying", 1, "outcome_unknown"), ("sent", 2, None)]


async def test_where_calls_cannot_be_repeated_an_unknown_outcome_is_the_end(world: World) -> None:
    one = command()
    world.misbehave(drop_rate=1.0)
    async with world.sender(provider_idempotent=False):
        await world.send(one)
        await world.ended(one)
    assert story(world, one.message_id) == [("unknown", 1, "outcome_unknown")]


async def test_refused_message_fails_at_once(world: World) -> None:
    one, not_a_number = command(), command(address="somewhere")
    world.misbehave(reject_rate=1.0)
    async with world.sender():
        await world.send(one, not_a_number)
        await world.ended(one, not_a_number)
    assert story(world, one.message_id) == [("failed", 1, "rejected")]
    assert story(world, not_a_number.message_id) == [("failed", 1, "rejected")]
    assert world.provider.books.calls == 1


async def test_throttled_waits_as_told_and_uses_up_nothing(world: World) -> None:
    first, later = command(), command()
    world.misbehave(throttle_rate=1.0, retry_after_s=2)
    async with world.sender():
        await world.send(first)
        await until(lambda: world.provider.books.calls == 1)
        throttled_at = monotonic()
        world.misbehave()
        await world.tap.until(lambda: bool(world.events()))
        await world.send(later)
        await world.ended(later)
        assert monotonic() - throttled_at > 1.5  # the whole channel waits
        await world.ended(first)
    assert story(world, first.message_id) == [("retrying", 1, "throttled"), ("sent", 1, None)]


async def test_refused_token_stops_the_channel_and_uses_up_nothing(world: World) -> None:
    some = commands(40)
    world.misbehave(unauthorized=True)
    async with world.sender(concurrency=5, probe_seconds=1.0):
        await world.send(*some)
        await until(lambda: world.provider.books.calls >= 5)
        await asyncio.sleep(0.7)
        assert world.provider.books.calls == 5
        world.misbehave()
        await world.ended(*some)
    assert {e.attempt for e in world.events()} == {1}
    assert world.provider.books.summary()["repeats"] == 0
    assert await world.left_in(send_queue("sms")) == 0


async def test_outage_costs_little_and_loses_nothing(world: World) -> None:
    some = commands(300)
    world.misbehave(outage_seconds=4)
    async with world.sender(concurrency=50, breaker_failures=10, breaker_probe_seconds=0.5):
        await world.send(*some[:100])
        await world.send(*some[100:200])
        await world.send(*some[200:])
        await world.ended(*some)
    books = world.provider.books.summary()
    assert (books["distinct"], books["repeats"]) == (300, 0)
    assert books["by_answer"]["outage"] < 70
    assert {e.kind for e in world.events()} <= {"sent", "retrying"}
    assert await world.left_in(again_queue("sms")) == 0
