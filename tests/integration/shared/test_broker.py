"""Publishing and consuming as services do it, on a real broker."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest
from aio_pika import IncomingMessage
from aio_pika.abc import AbstractChannel
from faststream.rabbit import RabbitBroker, RabbitMessage

from shared.contracts import topology
from shared.contracts.gates import GatesChanged
from shared.contracts.progress import MailingEmitted, MailingStarted
from shared.runtime import handling
from shared.runtime.broker import (
    Publisher,
    PublishFailed,
    Route,
    consume,
    make_broker,
    start_when_reachable,
)
from tests.integration.shared.rabbit import LIMIT, apply_topology, as_services, connected, take
from tests.support.memory import collector_off, in_memory
from tests.support.servers import Vhost

pytestmark = pytest.mark.servers

Handle = Callable[[MailingEmitted], Awaitable[None]]


def emitted(mailing_id: int = 1) -> MailingEmitted:
    return MailingEmitted(mailing_id=mailing_id, revision=1, messages=0)


class Recorder:
    """Remembers what it handled; ``faults`` are raised first, one each time."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.calls = 0
        self.handled: list[int] = []

    async def __call__(self, message: MailingEmitted) -> None:
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)
        self.handled.append(message.mailing_id)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(LIMIT):
            while True:
                if len(self.handled) >= count:
                    return
                await asyncio.sleep(0.01)


def consuming(broker: RabbitBroker, handle: Handle, *, prefetch: int = 10, **more: float) -> None:
    routes = {MailingEmitted.routing_key: Route(MailingEmitted, handle)}
    consume(broker, topology.STATS_EVENTS, routes, prefetch=prefetch, **more)


async def test_what_is_handled_is_gone(amqp_url: str, broker: RabbitBroker) -> None:
    recorder = Recorder()
    consumer = make_broker(amqp_url, service="test")
    consuming(consumer, recorder)
    await consumer.start()
    await Publisher(broker).event(emitted())
    await recorder.until(1)
    await consumer.stop()
    again = make_broker(amqp_url, service="test")
    consuming(again, recorder)
    await again.start()
    await Publisher(broker).event(emitted(2))
    await recorder.until(2)
    await again.stop()
    assert recorder.handled == [1, 2]


async def test_an_event_is_kept_on_disk_unless_told_otherwise(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    await Publisher(broker).event(emitted())
    kept = await take(channel, topology.STATS_EVENTS)
    await Publisher(broker).event(emitted(), persist=False)
    passing = await take(channel, topology.STATS_EVENTS)
    assert (kept.delivery_mode, passing.delivery_mode) == (2, 1)
    assert kept.content_type == "application/json"


async def test_an_event_that_nobody_receives_is_refused(broker: RabbitBroker) -> None:
    with pytest.raises(PublishFailed):
        await Publisher(broker).publish(topology.EVENTS, "nobody.listens", b"{}")


async def test_publishing_to_nowhere_does_not_harm_what_follows(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    """An exchange that is not there closes the channel; the next publish has a new one."""
    publisher = Publisher(broker)
    with pytest.raises(PublishFailed):
        await publisher.publish("no.such.exchange", "key", b"{}")
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                await publisher.event(emitted())
                break
            except PublishFailed:
                await asyncio.sleep(0.1)
    assert (await take(channel, topology.STATS_EVENTS)).body == emitted().encode()


async def test_publishing_before_the_broker_was_reached_fails_and_says_so() -> None:
    unreachable = make_broker("amqp://nobody:none@127.0.0.1:1/", service="test")
    with pytest.raises(PublishFailed):
        await Publisher(unreachable).event(emitted())


@pytest.mark.parametrize("body", [b"", b"{", b'{"version": 2, "mailing_id": 1}', b"\xff\xfe"])
async def test_what_cannot_be_understood_is_parked_at_once(
    amqp_url: str, broker: RabbitBroker, channel: AbstractChannel, body: bytes
) -> None:
    recorder = Recorder()
    consuming(consumer := make_broker(amqp_url, service="test"), recorder)
    await consumer.start()
    await Publisher(broker).publish(topology.EVENTS, "progress.emitted", body)
    assert (await take(channel, topology.DEAD)).body == body
    await Publisher(broker).event(emitted())
    await recorder.until(1)
    await consumer.stop()


async def test_a_message_nobody_expects_here_is_parked(
    amqp_url: str, broker: RabbitBroker, channel: AbstractChannel
) -> None:
    consuming(consumer := make_broker(amqp_url, service="test"), Recorder())
    await consumer.start()
    await Publisher(broker).publish(topology.EVENTS, "delivery.strange", b"{}")
    assert (await take(channel, topology.DEAD)).body == b"{}"
    await consumer.stop()


async def test_a_message_waits_in_its_consumers_hands_while_the_database_is_away(
    amqp_url: str, broker: RabbitBroker
) -> None:
    recorder = Recorder(ConnectionError(), TimeoutError())
    consuming(consumer := make_broker(amqp_url, service="test"), recorder, prefetch=1)
    await consumer.start()
    await Publisher(broker).event(emitted(1))
    await Publisher(broker).event(emitted(2))
    await recorder.until(2)
    await consumer.stop()
    assert recorder.handled == [1, 2]
    assert recorder.calls == 4


async def test_what_must_not_wait_is_tried_again_soon_however_long_the_database_is_away(
    amqp_url: str, broker: RabbitBroker
) -> None:
    tries = 12  # with the usual pauses they would take half a minute
    recorder = Recorder(*(ConnectionError() for _ in range(tries)))
    consumer = make_broker(amqp_url, service="test")
    consuming(consumer, recorder, longest_pause=0.1)
    await consumer.start()
    await Publisher(broker).event(emitted(1))
    await recorder.until(1)
    await consumer.stop()
    assert recorder.calls == tries + 1


async def test_a_bug_sends_the_message_back_until_it_is_parked(
    amqp_url: str,
    broker: RabbitBroker,
    channel: AbstractChannel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handling, "PAUSE_AFTER_BUG", 0.0)
    recorder = Recorder(*(ZeroDivisionError() for _ in range(2 * topology.DELIVERY_LIMIT)))
    consuming(consumer := make_broker(amqp_url, service="test"), recorder)
    await consumer.start()
    await Publisher(broker).event(emitted())
    assert (await take(channel, topology.DEAD)).body == emitted().encode()
    await consumer.stop()
    assert topology.DELIVERY_LIMIT <= recorder.calls <= topology.DELIVERY_LIMIT + 1


@pytest.mark.parametrize("fault", [None, ConnectionError, ZeroDivisionError])
async def test_a_message_that_is_settled_is_kept_by_nothing(
    amqp_url: str,
    broker: RabbitBroker,
    monkeypatch: pytest.MonkeyPatch,
    fault: type[Exception] | None,
) -> None:
    """Not even by itself, for the collector to find."""
    monkeypatch.setattr(handling, "PAUSE_AFTER_BUG", 0.0)
    recorder = Recorder(*([fault()] * 5 if fault else ()))
    consuming(consumer := make_broker(amqp_url, service="test"), recorder)
    await consumer.start()
    with collector_off():
        for n in range(5):
            await Publisher(broker).event(emitted(n))
        await recorder.until(5)
        await consumer.stop()
        assert in_memory(RabbitMessage, IncomingMessage) == 0


async def test_prefetch_is_the_concurrency(amqp_url: str, broker: RabbitBroker) -> None:
    busy = most = handled = 0
    done = asyncio.Event()

    async def handle(_: MailingEmitted) -> None:
        nonlocal busy, most, handled
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.02)
        busy, handled = busy - 1, handled + 1
        if handled == 20:
            done.set()

    for n in range(20):
        await Publisher(broker).event(emitted(n))
    consuming(consumer := make_broker(amqp_url, service="test"), handle, prefetch=3)
    await consumer.start()
    async with asyncio.timeout(LIMIT):
        await done.wait()
    await consumer.stop()
    assert most == 3


async def test_several_queues_keep_to_themselves(amqp_url: str, broker: RabbitBroker) -> None:
    started: asyncio.Queue[MailingStarted] = asyncio.Queue()
    gates: asyncio.Queue[GatesChanged] = asyncio.Queue()
    consumer = make_broker(amqp_url, service="test")
    progress = {MailingStarted.routing_key: Route(MailingStarted, started.put)}
    consume(consumer, topology.API_PROGRESS, progress, prefetch=1)
    stops = {GatesChanged.routing_key: Route(GatesChanged, gates.put)}
    consume(consumer, topology.SENDER_GATES, stops, prefetch=1)
    await consumer.start()
    await Publisher(broker).event(GatesChanged(gates=()))
    async with asyncio.timeout(LIMIT):
        assert await gates.get() == GatesChanged(gates=())
    assert started.empty()
    await consumer.stop()


@pytest.mark.parametrize("known", [False, True], ids=["no user yet", "no queues yet"])
async def test_a_service_may_start_before_the_topology_is_there(
    own_vhost: Vhost, known: bool
) -> None:
    """It must not be left half started."""
    url = own_vhost.amqp_url if known else as_services(own_vhost.amqp_url)
    recorder = Recorder()
    consuming(consumer := make_broker(url, service="test"), recorder)
    starting = asyncio.create_task(start_when_reachable(consumer))
    await asyncio.sleep(1.2)  # a few attempts
    await apply_topology(own_vhost.management_url, url)
    async with asyncio.timeout(LIMIT):
        await starting
    async with connected(url) as broker:
        for n in range(5):
            await Publisher(broker).event(emitted(n))
        await recorder.until(5)
    await consumer.stop()
    assert recorder.handled == list(range(5))
    # A connection whose login was refused closes itself when it is collected, in a running loop.
    gc.collect()
    await asyncio.sleep(0)
