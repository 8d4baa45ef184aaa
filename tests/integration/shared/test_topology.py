"""The topology by its behaviour, on a real broker."""

import asyncio
import time
from urllib.parse import urlsplit

import httpx
import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError
from aiormq.exceptions import ChannelAccessRefused
from faststream.rabbit import RabbitBroker

from shared.contracts import topology
from shared.runtime.broker import Publisher, PublishFailed
from tests.integration.shared.rabbit import (
    TIERS,
    apply_topology,
    as_services,
    envelope,
    raw_channel,
    take,
)
from tests.support.servers import Vhost

pytestmark = pytest.mark.servers

QUEUES = [queue["name"] for queue in topology.definitions("/", TIERS)["queues"]]


async def test_services_find_every_queue(channel: AbstractChannel) -> None:
    for queue in QUEUES:
        assert (await channel.get_queue(queue)).declaration_result.message_count == 0


async def test_services_may_not_configure(amqp_url: str) -> None:
    async with raw_channel(amqp_url) as channel:
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue("stats.of_my_own", durable=True)
    async with raw_channel(amqp_url) as channel:
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue(
                topology.STATS_EVENTS, durable=True, arguments={"x-queue-type": "classic"}
            )


async def test_services_may_not_bind_nor_delete(amqp_url: str) -> None:
    """Binding would let one of them read what is meant for another. One queue they may bind, to
    the events alone: that of what webhooks tell of."""
    for name in set(QUEUES) - {topology.API_DELIVERIES}:
        async with raw_channel(amqp_url) as channel:
            queue = await channel.get_queue(name, ensure=False)
            with pytest.raises(ChannelAccessRefused):
                await queue.bind(topology.EVENTS, "#")
    async with raw_channel(amqp_url) as channel:
        queue = await channel.get_queue(topology.API_DELIVERIES, ensure=False)
        for _ in range(2):
            await queue.bind(topology.EVENTS, "delivery.sent")
        for _ in range(2):
            await queue.unbind(topology.EVENTS, "delivery.sent")
        with pytest.raises(ChannelAccessRefused):
            await queue.bind(topology.SEND, topology.send_key("sms"))
    for forbidden in ("queue_delete", "exchange_delete"):
        name = topology.EVENTS if forbidden == "exchange_delete" else topology.STATS_EVENTS
        async with raw_channel(amqp_url) as channel:
            with pytest.raises(ChannelAccessRefused):
                await getattr(channel, forbidden)(name)


async def test_services_publish_to_our_exchanges_alone(amqp_url: str) -> None:
    """Not past them into a queue, nor may they read what waits for a retry."""
    async with raw_channel(amqp_url) as channel:
        with pytest.raises((ChannelAccessRefused, DeliveryError)):
            await channel.default_exchange.publish(Message(b"{}"), topology.STATS_EVENTS)
    async with raw_channel(amqp_url) as channel:
        waiting = await channel.get_queue(topology.retry_queue("sms", TIERS[0]), ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await waiting.get(fail=False)


async def test_services_are_no_administrators(own_vhost: Vhost) -> None:
    """Nor has the broker a guest."""
    management = urlsplit(own_vhost.management_url)
    base = f"http://{management.hostname}:{management.port}"
    url = as_services(own_vhost.amqp_url)
    await apply_topology(own_vhost.management_url, url)
    services = (urlsplit(url).username or "", urlsplit(url).password or "")
    async with httpx.AsyncClient(base_url=base) as client:
        for login in (services, ("guest", "guest")):
            assert (await client.get("/api/overview", auth=login)).status_code == 401


async def test_the_user_may_be_the_administrator(own_vhost: Vhost) -> None:
    """Where one user does everything, no other is made and none loses rights."""
    await apply_topology(own_vhost.management_url, own_vhost.amqp_url)
    async with raw_channel(own_vhost.amqp_url) as channel:
        await channel.declare_queue("mine", durable=True, arguments={"x-queue-type": "quorum"})


async def test_a_retry_comes_back_when_its_time_is_over(
    broker: RabbitBroker, channel: AbstractChannel
) -> None:
    (seconds,) = TIERS
    started = time.monotonic()
    body = envelope().encode()
    await Publisher(broker).publish(topology.RETRY, topology.retry_key("sms", seconds), body)
    returned = await take(channel, topology.again_queue("sms"))
    assert time.monotonic() - started >= seconds
    assert returned.body == body


@pytest.mark.parametrize("queue", ["send.sms", "send.sms.urgent", "send.sms.again"])
async def test_what_a_sender_rejects_is_parked(
    broker: RabbitBroker, channel: AbstractChannel, queue: str
) -> None:
    key = queue.removeprefix("send.")
    await Publisher(broker).publish(topology.SEND, key, b"not an envelope")
    source = await channel.get_queue(queue, ensure=False)
    rejected = await source.get(timeout=5)
    await rejected.reject(requeue=False)
    assert (await take(channel, topology.DEAD)).body == b"not an envelope"


async def test_the_entrance_refuses_what_is_too_much(broker: RabbitBroker) -> None:
    """The bound is soft: it may be passed by what is published at the same time."""
    publisher, body = Publisher(broker), envelope().encode()
    key = topology.send_key("sms")

    async def publish_many(count: int) -> int:
        results = await asyncio.gather(
            *(publisher.publish(topology.SEND, key, body) for _ in range(count)),
            return_exceptions=True,
        )
        assert all(result is None or isinstance(result, PublishFailed) for result in results)
        return sum(result is None for result in results)

    taken = sum([await publish_many(100) for _ in range(12)])
    assert topology.ENTRANCE_BOUND <= taken < 1200
    with pytest.raises(PublishFailed):
        await publisher.publish(topology.SEND, key, body)
    await publisher.publish(topology.SEND, topology.again_key("sms"), body)
