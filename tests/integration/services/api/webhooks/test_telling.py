"""What webhooks are told, and what they are not."""

from contextlib import AsyncExitStack
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.courier import HttpCourier
from services.api.domain.hook_events import MOST_EVENTS
from services.api.domain.signatures import key_of, verify
from services.api.handlers import hook_sending
from services.api.handlers.hook_telling import messages_ended
from services.api.handlers.progress import mailing_finished, mailing_started
from services.api.ports import Ports
from shared.contracts.progress import MailingFinished, MailingStarted
from tests.integration.services.api.conftest import NOW, FakeClock
from tests.integration.services.api.test_dead_letters import starting
from tests.integration.services.api.test_receipts import bring
from tests.integration.services.api.webhooks.world import (
    SOON,
    as_text,
    ended,
    log_of,
    send_all,
    subscribe,
)
from tests.support.receiver import Receiver, receiving

ALL_OF_MAILINGS = [
    f"mailing.{word}"
    for word in [
        "created",
        "changed",
        "scheduled",
        "running",
        "paused",
        "finished",
        "cancelled",
        "deleted",
    ]
]


async def test_everything_that_becomes_of_a_mailing_is_told_and_signed(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, *ALL_OF_MAILINGS)
    mailing = (await api.post("/mailings", json=starting(name="Black Friday"))).json()
    at = f"/mailings/{mailing['id']}"
    await mailing_started(ports, MailingStarted(mailing_id=mailing["id"], revision=1, at=NOW))
    await mailing_started(ports, MailingStarted(mailing_id=mailing["id"], revision=1, at=NOW))
    await api.patch(at, json={"text": "Something else"})
    await api.post(f"{at}/pause")
    await api.post(f"{at}/resume")
    revision = (await api.get(at)).json()["revision"]
    over = MailingFinished(mailing_id=mailing["id"], revision=revision, at=NOW)
    await mailing_finished(ports, over)
    await mailing_finished(ports, over)
    await api.delete(at)
    assert await send_all(ports, courier, clock) == 1
    words = [
        "created",
        "scheduled",
        "running",
        "changed",
        "paused",
        "running",
        "finished",
        "deleted",
    ]
    assert receiver.types() == [f"mailing.{word}" for word in words]
    [came] = receiver.came
    now, key = clock.now(), key_of(made["secret"])
    assert verify(came.headers, [key], came.body, now) == came.headers["webhook-id"]
    events = came.events
    assert len({event["id"] for event in events}) == len(events)
    assert [event["data"]["revision"] for event in events] == [1, 1, 1, 2, 3, 4, 4, 4]
    assert {event["data"]["mailing_id"] for event in events} == {mailing["id"]}
    for word in (b"Black Friday", b"Something else", b"Hello"):
        assert word not in came.body
    [delivery] = await log_of(api, made)
    assert delivery["state"] == "delivered"
    assert (delivery["attempts"], delivery["events"], delivery["status_code"]) == (1, 8, 200)


async def test_what_was_rolled_back_is_not_told(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await subscribe(api, "https://example.com/", *ALL_OF_MAILINGS)
    over = {"ends_at": "2020-01-02T00:00Z", "starts_at": "2020-01-01T00:00Z"}
    assert (await api.post("/mailings", json=starting(**over))).status_code == 422
    mailing = (await api.post("/mailings", json=starting())).json()
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM webhook_event"))
    assert (await api.post(f"/mailings/{mailing['id']}/resume")).status_code == 409
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM webhook_event")) == 0


async def test_only_what_was_asked_for_is_told(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    clock: FakeClock,
) -> None:
    shop = (await api.post("/departments", json={"name": "Shop"})).json()["id"]
    ours = (await api.post("/mailings", json=starting(department_id=shop))).json()["id"]
    other = (await api.post("/mailings", json=starting())).json()["id"]
    async with AsyncExitStack() as stack:
        every, of_shop, of_one, off = [
            await stack.enter_async_context(receiving()) for _ in range(4)
        ]
        await subscribe(api, every.url, "message.failed")
        await subscribe(api, of_shop.url, "message.failed", "mailing.paused", department_id=shop)
        await subscribe(api, of_one.url, "message.failed", mailing_id=other)
        gone = await subscribe(api, off.url, "message.failed")
        await api.patch(f"/webhooks/{gone['id']}", json={"enabled": False})
        await messages_ended(ports, ended("failed", 1, 2, mailing_id=ours))
        await messages_ended(ports, ended("failed", 3, mailing_id=other))
        await messages_ended(ports, ended("sent", 4, mailing_id=other))
        await messages_ended(ports, ended("failed", 5, mailing_id=0))
        for mailing in (ours, other):
            await api.post(f"/mailings/{mailing}/pause")
        await send_all(ports, courier, clock)

        def ids(receiver: Receiver) -> list[Any]:
            return [
                event["data"].get("message_id") for one in receiver.came for event in one.events
            ]

        assert (ids(every), ids(of_shop), ids(of_one)) == ([1, 2, 3], [1, 2, None], [3])
        assert off.came == []
    assert (await api.delete(f"/departments/{shop}")).status_code == 409


async def test_receipts_are_told_as_they_are_brought(
    api: httpx.AsyncClient,
    anonymous: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    await subscribe(api, receiver.url, "message.undelivered")
    at = as_text(clock.at)
    receipts = [
        {"message_id": 7, "status": "delivered", "at": at},
        {"message_id": 8, "status": "undelivered", "at": at, "reason": "absent"},
    ]
    for _ in range(2):  # a provider that got no answer says it again
        assert (await bring(anonymous, {"receipts": receipts})).status_code == 202
    await send_all(ports, courier, clock)
    [came] = receiver.came
    first, second = came.events
    assert first == second
    assert first["data"] == {"message_id": 8, "status": "undelivered", "reason": "absent"}


async def test_what_happened_before_is_no_news(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1, after=-SOON))
    assert await send_all(ports, courier, clock) == 0


async def test_many_events_are_few_requests(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    for start in range(0, 1_000, 100):
        await messages_ended(ports, ended("sent", *range(start, start + 100)))
    await messages_ended(ports, ended("sent", *range(1_000, 1_451)))
    assert await hook_sending.with_something_due(ports) == []  # they wait for others, for a moment
    assert await send_all(ports, courier, clock) == 8
    sent = [event["data"]["message_id"] for one in receiver.came for event in one.events]
    assert sent == list(range(1_451))
    assert max(len(one.events) for one in receiver.came) == MOST_EVENTS
    assert max(len(one.body) for one in receiver.came) < 100_000
    assert {one["state"] for one in await log_of(api, made)} == {"delivered"}


async def test_what_is_heard_twice_has_the_same_id(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    await subscribe(api, receiver.url, "message.sent")
    for _ in range(2):
        await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    first, second = receiver.came[0].events
    assert first == second
