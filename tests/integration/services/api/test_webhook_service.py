"""Webhooks of the service as it runs: its own loops, a real broker, a receiver on a real port."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import aio_pika
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.subscriptions import BrokerSubscriptions
from services.api.domain.signatures import key_of, verify
from services.api.domain.webhooks import EventType
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.topology import API_DELIVERIES, EVENTS
from shared.runtime.topology import DEFAULT_TIERS, apply
from tests.integration.services.api.service import NOWHERE, connected, mailing, running
from tests.integration.services.api.waiting import until
from tests.integration.shared.rabbit import as_services
from tests.support.receiver import Receiver, receiving
from tests.support.servers import Vhost

INSIDE: dict[str, Any] = {"webhook_networks": "127.0.0.0/8", "webhook_http": True}


async def bound_to(vhost: Vhost) -> set[str]:
    """As the broker's management tells it."""
    parts = urlsplit(vhost.management_url)
    base = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
    login = (parts.username or "", parts.password or "")
    name = quote(urlsplit(vhost.amqp_url).path[1:], safe="")
    async with httpx.AsyncClient(auth=login) as client:
        found = await client.get(f"{base}/queues/{name}/{API_DELIVERIES}/bindings")
    return {one["routing_key"] for one in found.json() if one["source"] == EVENTS}


def happened(kind: Kind, *ids: int, mailing_id: int) -> DeliveryEvents:
    at = datetime.now(UTC) + timedelta(seconds=5)
    events = (DeliveryEvent(id_, mailing_id, 5, "UTC", 1, kind, at, 1) for id_ in ids)
    return DeliveryEvents(kind=kind, events=tuple(events))


async def test_events_of_messages_come_only_as_long_as_somebody_is_to_be_told(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with (
        receiving() as receiver,
        connected(topology) as channel,
        running(database_url, topology.amqp_url, NOWHERE, **INSIDE) as api,
        running(database_url, topology.amqp_url, NOWHERE, **INSIDE),  # another replica
    ):
        id_ = (await api.post("/mailings", json=mailing())).json()["id"]
        await until(lambda: _is_bound_to(topology, set()))
        body = {"name": "CRM", "url": receiver.url, "events": ["message.sent", "mailing.paused"]}
        made = (await api.post("/webhooks", json=body)).json()
        await until(lambda: _is_bound_to(topology, {"delivery.sent"}))

        exchange = await channel.get_exchange(EVENTS, ensure=False)
        for kind, ids in (("sent", range(300)), ("queued", range(2)), ("failed", range(3))):
            told = happened(kind, *ids, mailing_id=id_)  # type: ignore[arg-type]
            await exchange.publish(aio_pika.Message(told.encode()), told.key)
        await api.post(f"/mailings/{id_}/pause")
        await until(lambda: _has(receiver, 301))
        assert sorted(receiver.types()) == ["mailing.paused", *["message.sent"] * 300]
        for came in receiver.came:
            now = datetime.now(UTC)
            assert verify(came.headers, [key_of(made["secret"])], came.body, now)

        await api.patch(f"/webhooks/{made['id']}", json={"events": ["mailing.paused"]})
        await until(lambda: _is_bound_to(topology, set()))
        told = happened("sent", 9, mailing_id=id_)
        await exchange.publish(aio_pika.Message(told.encode()), told.key)
        queue = await channel.declare_queue(API_DELIVERIES, passive=True)
        assert queue.declaration_result.message_count == 0


async def test_what_happens_while_the_api_is_away_is_told_when_it_is_back(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    """What was bound stays so, and the queue keeps it."""
    async with receiving() as receiver, connected(topology) as channel:
        async with running(database_url, topology.amqp_url, NOWHERE, **INSIDE) as api:
            body = {"name": "CRM", "url": receiver.url, "events": ["message.failed"]}
            made = (await api.post("/webhooks", json=body)).json()
            await until(lambda: _is_bound_to(topology, {"delivery.failed"}))
        exchange = await channel.get_exchange(EVENTS, ensure=False)
        told = happened("failed", 1, 2, mailing_id=7)
        await exchange.publish(aio_pika.Message(told.encode()), told.key)
        async with running(database_url, topology.amqp_url, NOWHERE, **INSIDE) as api:
            await until(lambda: _has(receiver, 2))
            ping = (await api.post(f"/webhooks/{made['id']}/test")).json()

            async def is_there() -> bool:
                answer = await api.get(f"/webhooks/{made['id']}/deliveries?state=delivered")
                return ping["id"] in [one["id"] for one in answer.json()["items"]]

            await until(is_there)
            assert receiver.types()[-1] == "ping"


async def test_what_the_services_user_may_do_is_enough(topology: Vhost) -> None:
    url = as_services(topology.amqp_url)
    await asyncio.to_thread(apply, topology.management_url, url, DEFAULT_TIERS)
    subscriptions = BrokerSubscriptions(url)
    await subscriptions.take([EventType.MESSAGE_SENT, EventType.MAILING_PAUSED])
    assert await bound_to(topology) == {"delivery.sent"}
    await subscriptions.take([EventType.MESSAGE_FAILED, EventType.MESSAGE_DELIVERED])
    assert await bound_to(topology) == {"delivery.failed"}
    await subscriptions.take([])
    assert await bound_to(topology) == set()


async def test_a_broker_that_is_away_is_said_so() -> None:
    with pytest.raises(ConnectionError):
        await BrokerSubscriptions("amqp://guest:guest@127.0.0.1:9/").take([EventType.MESSAGE_SENT])


async def _is_bound_to(vhost: Vhost, keys: set[str]) -> bool:
    return await bound_to(vhost) == keys


async def _has(receiver: Receiver, events: int) -> bool:
    return len(receiver.types()) >= events
