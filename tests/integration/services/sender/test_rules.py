"""One test per rule of "why it can be trusted": what the ledger makes of a command."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.topology import again_queue, send_queue
from tests.integration.services.sender.world import World, command, until

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(minutes=5)
SOON = timedelta(seconds=1.5)


async def test_recorded_outcome_is_published_again_without_a_call(world: World) -> None:
    one = command()
    await world.record(one, "sent", called=1, happened_at=LONG_AGO, http_status=200, latency_ms=31)
    async with world.sender():
        await world.send(one)
        (event,) = await world.ended(one)
    assert (event.kind, event.dispatch, event.attempt, event.at) == ("sent", 1, 1, LONG_AGO)
    assert world.provider.books.calls == 0
    assert await world.left_in(send_queue("sms")) == 0


@pytest.mark.parametrize("state", ["failed", "unknown", "returned"])
async def test_every_end_is_published_again(world: World, state: str) -> None:
    one = command()
    await world.record(one, state, called=1, happened_at=LONG_AGO, reason="server_error")
    async with world.sender():
        await world.send(one)
        (event,) = await world.ended(one)
    assert (event.kind, event.reason) == (state, "server_error")
    assert world.provider.books.calls == 0


async def test_recorded_retry_is_published_again_with_its_command(world: World) -> None:
    one = command()
    await world.record(
        one,
        "retrying",
        attempt=2,
        called=1,
        happened_at=LONG_AGO,
        reason="connection_failed",
        next_attempt_at=LONG_AGO,
    )
    async with world.sender():
        await world.send(one)
        await world.ended(one)
    assert [(e.kind, e.attempt) for e in world.events(one.message_id)] == [
        ("retrying", 1),
        ("sent", 2),
    ]
    assert world.accepted(one) == 1


async def test_foreign_live_lease_is_waited_for_and_then_absorbed(world: World) -> None:
    one = command()
    await world.record(one, "claimed", lease_until=datetime.now(UTC) + timedelta(minutes=1))
    async with world.sender():
        await world.send(one)
        # It is in the shortest tier now, its envelope acknowledged; meanwhile the other records.
        await until(lambda: world.tap.taken == [] and world.provider.books.calls == 0)
        await world.execute(
            "UPDATE ledger SET state = 'sent', called = 1, happened_at = now() "
            "WHERE message_id = :id",
            {"id": one.message_id},
        )
        (event,) = await world.ended(one)
    assert (event.kind, event.attempt) == ("sent", 1)
    assert world.provider.books.calls == 0
    assert await world.left_in(again_queue("sms")) == 0


async def test_lease_that_ran_out_is_called_again(world: World) -> None:
    one = command()
    await world.record(one, "claimed", lease_until=LONG_AGO)
    async with world.sender():
        await world.send(one)
        (event,) = await world.ended(one)
    assert event.kind == "sent"
    assert world.accepted(one) == 1
    assert (await world.row(one.message_id))["uncertain"]


async def test_lease_that_ran_out_is_unknown_where_calls_cannot_be_repeated(world: World) -> None:
    one = command()
    await world.record(one, "claimed", lease_until=LONG_AGO)
    async with world.sender(provider_idempotent=False):
        await world.send(one)
        (event,) = await world.ended(one)
    assert (event.kind, event.reason) == ("unknown", "outcome_unknown")
    assert world.provider.books.calls == 0


async def test_nor_are_they_under_a_later_dispatch(world: World) -> None:
    one = command(dispatch=2)
    await world.record(one, "claimed", dispatch=1, lease_until=LONG_AGO)
    async with world.sender(provider_idempotent=False):
        await world.send(one)
        (event,) = await world.ended(one)
    assert (event.kind, event.dispatch, event.reason) == ("unknown", 2, "outcome_unknown")
    assert world.provider.books.calls == 0


async def test_higher_dispatch_is_called(world: World) -> None:
    one = command(dispatch=2)
    await world.record(one, "returned", dispatch=1, called=1, happened_at=LONG_AGO)
    async with world.sender():
        await world.send(one)
        (event,) = await world.ended(one)
    assert (event.kind, event.dispatch, event.attempt) == ("sent", 2, 1)
    assert world.accepted(one) == 1


async def test_higher_dispatch_of_a_sent_message_is_not_called_but_told(world: World) -> None:
    one = command(dispatch=2)
    await world.record(one, "sent", dispatch=1, attempt=3, called=3, happened_at=LONG_AGO)
    async with world.sender():
        await world.send(one)
        (event,) = await world.ended(one)
    assert (event.kind, event.dispatch, event.attempt, event.at) == ("sent", 2, 1, LONG_AGO)
    assert world.provider.books.calls == 0


async def test_lower_dispatch_is_absorbed(world: World) -> None:
    old, after = command(), command()
    await world.record(old, "returned", dispatch=2, called=1, happened_at=LONG_AGO)
    async with world.sender():
        await world.send(old)
        await world.send(after)
        await world.ended(after)
    assert world.accepted(old) == 0
    assert world.events(old.message_id) == []
    assert await world.left_in(send_queue("sms")) == 0


async def test_attempt_that_is_over_is_absorbed(world: World) -> None:
    one, after = command(), command()
    due = datetime.now(UTC) + timedelta(hours=1)
    await world.record(
        one, "retrying", attempt=3, called=2, happened_at=LONG_AGO, next_attempt_at=due
    )
    async with world.sender():
        await world.send(one)
        await world.send(after)
        await world.ended(after)
    assert world.events(one.message_id) == []
    assert world.accepted(one) == 0


async def test_after_the_window_it_returns(world: World) -> None:
    one = command()
    async with world.sender():
        await world.send(one, not_after=NOW - timedelta(seconds=1))
        (event,) = await world.ended(one)
    assert (event.kind, event.reason, event.attempt) == ("returned", "window_closed", 1)
    assert world.provider.books.calls == 0
    assert (await world.row(one.message_id))["state"] == "returned"


async def test_retry_after_the_window_returns(world: World) -> None:
    one = command()
    world.misbehave(error_rate=1.0)
    async with world.sender():
        await world.send(one, not_after=datetime.now(UTC) + timedelta(seconds=0.9))
        (event,) = await world.ended(one)
    assert (event.kind, event.reason, event.http_status) == ("returned", "window_closed", 500)
    assert world.provider.books.calls == 1


async def test_same_envelope_twice_is_sent_once(world: World) -> None:
    one = command()
    world.misbehave(latency_ms=200)
    async with world.sender():
        await world.send(one, one)
        await world.send(one)
        await world.ended(one, times=3)
    assert world.accepted(one) == 1
    assert len({(e.dispatch, e.attempt, e.kind, e.at) for e in world.events()}) == 1
    assert await world.left_in(send_queue("sms")) == 0


async def test_news_of_being_sent_overrules_whoever_took_over(world: World) -> None:
    one = command()
    world.misbehave(latency_ms=1000)
    async with world.sender():
        await world.send(one)
        await until(lambda: world.provider.books.calls == 1)
        await world.execute(
            "UPDATE ledger SET state = 'returned', holder = 'other', called = 1, "
            "happened_at = now() WHERE message_id = :id",
            {"id": one.message_id},
        )
        (event,) = await world.ended(one)
    assert event.kind == "sent"
    assert (await world.row(one.message_id))["state"] == "sent"


async def test_other_outcomes_of_an_overtaken_call_are_dropped(world: World) -> None:
    one = command()
    world.misbehave(latency_ms=1000, error_rate=1.0)
    async with world.sender():
        await world.send(one)
        await until(lambda: world.provider.books.calls == 1)
        await world.execute(
            "UPDATE ledger SET holder = 'other' WHERE message_id = :id", {"id": one.message_id}
        )
        await until(lambda: world.provider.books.in_flight == 0)
    assert world.events(one.message_id) == []
    assert (await world.row(one.message_id))["state"] == "claimed"
    assert await world.left_in(send_queue("sms")) == 0
