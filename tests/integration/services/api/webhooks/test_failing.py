"""Receivers that fail, are slow or away, and processes that die on the way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.courier import HttpCourier
from services.api.domain.hook_events import MOST_EVENTS
from services.api.domain.hook_tries import LEASE, answered
from services.api.domain.signatures import key_of, verify
from services.api.domain.webhooks import AT_ONCE, GIVEN_UP_AFTER
from services.api.entrypoints.hooks import Couriers
from services.api.handlers import hook_sending
from services.api.handlers.hook_telling import messages_ended
from services.api.ports import Ports
from shared.runtime.clock import SystemClock
from tests.integration.services.api.conftest import FakeClock
from tests.integration.services.api.waiting import until
from tests.integration.services.api.webhooks.world import (
    HERE,
    SOON,
    Json,
    LogIn,
    as_text,
    ended,
    log_of,
    send_all,
    subscribe,
)
from tests.support.receiver import Receiver, receiving


async def test_a_receiver_that_fails_is_tried_again_with_the_same(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    receiver.status = 500
    assert await send_all(ports, courier, clock) == 1
    [delivery] = await log_of(api, made, state="pending")
    assert (delivery["attempts"], delivery["status_code"], delivery["error"]) == (1, 500, "refused")
    assert delivery["next_attempt_at"] == as_text(clock.at + timedelta(seconds=5))
    assert (await api.get(f"/webhooks/{made['id']}")).json()["failing_since"] == as_text(clock.at)
    assert await send_all(ports, courier, clock) == 0
    clock.forward(timedelta(seconds=4))
    receiver.status = 200
    assert await send_all(ports, courier, clock) == 1
    first, second = receiver.came
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert verify(second.headers, [key_of(made["secret"])], second.body, clock.now())
    [delivery] = await log_of(api, made)
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)
    assert (await api.get(f"/webhooks/{made['id']}")).json()["failing_since"] is None


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, "redirected"),
        ({"delay": 3.0}, "timed_out"),
        ({"drops": True}, "connection_broken"),
    ],
)
async def test_whatever_goes_wrong_is_told(
    api: httpx.AsyncClient,
    ports: Ports,
    receiver: Receiver,
    clock: FakeClock,
    trouble: Json,
    error: str,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    for name, value in trouble.items():
        setattr(receiver, name, value)
    async with HttpCourier(HERE, limit=0.2) as impatient:
        await send_all(ports, impatient, clock)
    [delivery] = await log_of(api, made)
    assert (delivery["state"], delivery["error"]) == ("pending", error)


async def test_a_network_that_is_closed_later_is_closed(
    api: httpx.AsyncClient, ports: Ports, receiver: Receiver, clock: FakeClock
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    async with HttpCourier(()) as strict:
        await send_all(ports, strict, clock)
    [delivery] = await log_of(api, made)
    assert (delivery["error"], receiver.came) == ("address_not_allowed", [])


async def test_a_receiver_that_was_away_gets_all_when_it_is_back(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    """While it is away it is asked once a minute at most, whatever waits for it."""
    made = await subscribe(api, receiver.url, "message.sent")
    receiver.status = 503
    for minute in range(10):
        await messages_ended(ports, ended("sent", *range(minute * 300, minute * 300 + 300)))
        before = len(receiver.came)
        for _ in range(6):
            clock.forward(timedelta(seconds=9))
            await send_all(ports, courier, clock)
        assert len(receiver.came) - before <= (5 if minute == 0 else 2)
    waiting = await log_of(api, made, state="pending", limit=500)
    assert len(waiting) <= 14
    receiver.status, receiver.came = 200, []
    clock.forward(timedelta(minutes=1))
    await send_all(ports, courier, clock)
    await send_all(ports, courier, clock)
    sent = {event["data"]["message_id"] for one in receiver.came for event in one.events}
    assert sent == set(range(3_000))
    assert await log_of(api, made, state="pending") == []


async def test_one_delivery_that_is_refused_for_ever_holds_up_no_other_and_is_given_up(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
    again: LogIn,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    receiver.refuses = b'"message_id":1,'
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    for number in range(2, 76):
        await messages_ended(ports, ended("sent", number))
        for _ in range(2):  # it may rest from the other for some seconds
            await send_all(ports, courier, clock)
            clock.forward(timedelta(seconds=5))
        clock.forward(timedelta(hours=1))
    sent = [event["data"]["message_id"] for one in receiver.came for event in one.events]
    assert set(sent) == set(range(1, 76))
    assert 10 <= sent.count(1) <= 15
    assert max(sent.count(number) for number in range(2, 76)) == 1
    api = await again()
    [given_up] = await log_of(api, made, state="failed")
    assert (given_up["next_attempt_at"], given_up["attempts"]) == (None, sent.count(1))
    assert (await api.get(f"/webhooks/{made['id']}")).json()["enabled"]


async def test_after_days_of_failures_alone_it_is_disabled_and_says_why(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
    engine: AsyncEngine,
    again: LogIn,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    receiver.status = 500
    begun = clock.at
    while clock.at - begun < GIVEN_UP_AFTER:
        await messages_ended(ports, ended("sent", 1))
        await send_all(ports, courier, clock)
        clock.forward(timedelta(hours=4))
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    api = await again()
    webhook = (await api.get(f"/webhooks/{made['id']}")).json()
    assert (webhook["enabled"], webhook["disabled_because"]) == (False, "failing")
    assert webhook["disabled_at"] is not None
    assert await log_of(api, made, state="pending") == []
    came = len(receiver.came)
    await messages_ended(ports, ended("sent", 1))
    assert await send_all(ports, courier, clock) == 0
    for path in ("test", f"deliveries/{(await log_of(api, made))[0]['id']}/replay"):
        assert (await api.post(f"/webhooks/{made['id']}/{path}")).status_code == 409
    assert len(receiver.came) == came
    async with engine.connect() as connection:
        noted = text("SELECT facts FROM audit WHERE action = 'webhooks.disable'")
        assert await connection.scalar(noted) == {"because": "failing"}


async def test_who_is_gone_is_not_asked_again(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    receiver.status = 410
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    webhook = (await api.get(f"/webhooks/{made['id']}")).json()
    assert (webhook["enabled"], webhook["disabled_because"]) == (False, "gone")
    [delivery] = await log_of(api, made)
    assert (delivery["state"], delivery["status_code"]) == ("failed", 410)


async def test_two_replicas_share_and_to_nobody_go_more_than_a_few_at_a_time(
    api: httpx.AsyncClient, ports: Ports, courier: HttpCourier, receiver: Receiver
) -> None:
    """One receiver is slow, and holds up nobody but itself. By the clock on the wall."""
    wall = replace(ports, clock=SystemClock())
    async with receiving() as slow, HttpCourier(HERE, limit=5) as other_courier:
        slow.delay = 0.5
        for url in (receiver.url, slow.url):
            await subscribe(api, url, "message.sent")
        for start in range(0, 12 * MOST_EVENTS, MOST_EVENTS):
            ids = range(start, start + MOST_EVENTS)
            await messages_ended(ports, ended("sent", *ids))
        replicas = [Couriers(wall, one) for one in (courier, other_courier)]
        tasks = [asyncio.create_task(one.send()) for one in replicas]
        try:
            await until(lambda: _has(receiver, 12))
            assert len(slow.came) < 8
            await until(lambda: _has(slow, 12))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    for one in (receiver, slow):
        assert sorted(e["data"]["message_id"] for came in one.came for e in came.events) == list(
            range(12 * MOST_EVENTS)
        )
        assert one.most <= AT_ONCE
    assert slow.most == AT_ONCE


async def test_who_dies_on_the_way_leaves_it_to_others(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    """Between the answer and the note of it. The same is sent again, under the same id."""
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    clock.forward(SOON)
    taken = await hook_sending.take(ports, made["id"])
    assert taken is not None
    assert (await courier.carry(taken.url, taken.headers, taken.body)).is_taken
    assert await send_all(ports, courier, clock) == 0
    clock.forward(LEASE)
    assert await send_all(ports, courier, clock) == 1
    first, second = receiver.came
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    [delivery] = await log_of(api, made)
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)


async def test_who_comes_late_with_a_failure_does_not_undo_what_another_did(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    clock.forward(SOON)
    late = await hook_sending.take(ports, made["id"])
    assert late is not None
    clock.forward(LEASE)
    await send_all(ports, courier, clock)
    await hook_sending.settle(ports, late.delivery, answered(500, 1))
    [delivery] = await log_of(api, made)
    assert (delivery["state"], delivery["status_code"]) == ("delivered", 200)


async def _has(receiver: Receiver, count: int) -> bool:
    return len(receiver.came) >= count
