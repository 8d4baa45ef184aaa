"""The usual way: envelopes in, calls, events out, envelopes gone."""

import aio_pika

from shared.contracts.delivery import CallsInFlight
from shared.contracts.topology import SEND, again_queue, send_queue
from tests.integration.services.sender.world import MAILING, World, command, commands, until


async def test_every_command_is_sent_once_and_told(world: World) -> None:
    some = commands(250)
    async with world.sender():
        await world.send(*some[:100])
        await world.send_together(some[100:110], some[110:111], some[111:200])
        await world.send(*some[200:])
        event = (await world.ended(*some))[0]
    assert [world.accepted(one) for one in some] == [1] * 250
    assert (event.kind, event.dispatch, event.attempt) == ("sent", 1, 1)
    assert (event.mailing_id, event.timezone, event.http_status) == (MAILING, "Asia/Tokyo", 200)
    assert {event.timezone for event in world.events(some[110].message_id)} == {"Europe/Moscow"}
    assert await world.left_in(send_queue("sms")) == 0


async def test_urgent_envelopes_are_read_first(world: World) -> None:
    ordinary, urgent = commands(60), command()
    world.misbehave(latency_ms=50)
    async with world.sender(concurrency=1, prefetch=1):
        await world.send(*ordinary)
        await until(lambda: world.provider.books.calls > 2)
        await world.send(urgent, urgent=True)
        await world.ended(urgent)
        assert world.provider.books.calls < 50
    assert await world.left_in(send_queue("sms")) == 1


async def test_what_cannot_be_read_is_parked(world: World) -> None:
    good = command()
    too_big = command(2**63)
    async with world.sender():
        exchange = await world.channel.get_exchange(SEND, ensure=False)
        await exchange.publish(aio_pika.Message(b"not an envelope"), "sms")
        await world.send(too_big)
        await world.send(good)
        await world.ended(good)
        await world.tap.until(lambda: world.parked() == 2)
    assert await world.left_in(send_queue("sms")) == 0


async def test_above_the_limit_nothing_more_is_parked(world: World) -> None:
    async with world.sender(parking_limit=1):
        exchange = await world.channel.get_exchange(SEND, ensure=False)
        for _ in range(3):
            await exchange.publish(aio_pika.Message(b"not an envelope"), "sms")
        await world.send(good := command())
        await world.ended(good)
    await until(lambda: world.parked() == 1)
    assert await world.left_in(send_queue("sms")) == 2


async def test_calls_under_way_are_reported_and_their_end_too(world: World) -> None:
    world.misbehave(latency_ms=700)
    some = commands(5)
    async with world.sender():
        await world.send(*some)
        await world.ended(*some)
        await until(lambda: bool(_reports(world)) and _reports(world)[-1].mailings == ())
    busy = [each for report in _reports(world) for each in report.mailings]
    assert {(each.mailing_id, each.calls) for each in busy} == {(MAILING, 5)}


async def test_a_stop_finishes_calls_and_gives_back_the_rest(world: World) -> None:
    world.misbehave(latency_ms=500)
    some = commands(50)
    async with world.sender(concurrency=10):
        await world.send_together(some[:5], some[5:20], some[20:])
        await until(lambda: world.provider.books.in_flight == 10)
    assert world.provider.books.accepted == 10
    await world.tap.until(lambda: len(world.events()) == 10)
    assert await world.left_in(send_queue("sms")) == 1
    world.misbehave()
    async with world.sender():
        await world.ended(*some)
    assert [world.accepted(one) for one in some] == [1] * 50
    assert await world.left_in(send_queue("sms")) == 0


async def test_two_senders_share_a_queue_without_repeating(world: World) -> None:
    world.misbehave(latency_ms=5)
    some = commands(1000)
    async with world.sender(prefetch=3), world.sender(prefetch=3):
        for start in range(0, 1000, 50):
            await world.send(*some[start : start + 50])
        await world.ended(*some)
    books = world.provider.books.summary()
    assert (books["distinct"], books["repeats"]) == (1000, 0)
    assert await world.left_in(again_queue("sms")) == 0


def _reports(world: World) -> list[CallsInFlight]:
    return world.tap.of("delivery.in_flight", CallsInFlight)


async def test_what_waited_before_the_start_is_sent(world: World) -> None:
    """Deliveries come in the same breath as the consent to consume; none may be overheard."""
    some = commands(200)
    for each in some[:100]:
        await world.send(each)
    for each in some[100:]:
        await world.send(each, urgent=True)
    async with world.sender(prefetch=7, prefetch_urgent=7):
        await world.ended(*some)
    assert world.provider.books.summary()["repeats"] == 0
