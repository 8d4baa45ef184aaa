"""Webhooks on a real database, with a receiver on a real port; the broker's part is elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook as Verifier

from services.api.adapters.courier import HttpCourier
from services.api.adapters.seals import FernetSeals
from services.api.domain.hook_events import MOST_EVENTS
from services.api.domain.hook_tries import LEASE, answered
from services.api.domain.retention import Retention
from services.api.domain.signatures import NotSigned, key_of, verify
from services.api.domain.users import User
from services.api.domain.webhooks import AT_ONCE, GIVEN_UP_AFTER, MOST_WEBHOOKS, Where
from services.api.entrypoints.hooks import Couriers
from services.api.handlers import hook_sending
from services.api.handlers.hook_telling import messages_ended
from services.api.handlers.progress import mailing_finished, mailing_started
from services.api.handlers.retention import forget_what_is_over
from services.api.ports import Ports
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.progress import MailingFinished, MailingStarted
from shared.runtime.clock import SystemClock
from tests.integration.services.api.conftest import (
    NOW,
    FakeClock,
    client_of,
    log_in_as,
)
from tests.integration.services.api.test_dead_letters import starting
from tests.integration.services.api.test_receipts import bring
from tests.integration.services.api.waiting import until
from tests.support.receiver import Receiver, receiving

Json = dict[str, Any]
LogIn = Callable[[], Awaitable[httpx.AsyncClient]]

HERE = (ip_network("127.0.0.0/8"),)
SOON = timedelta(seconds=1)
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


@pytest.fixture
def ports(ports: Ports) -> Ports:
    """Where webhooks may lead to this machine."""
    return replace(ports, webhooks_to=Where(HERE, http=True))


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest_asyncio.fixture
async def courier() -> AsyncIterator[HttpCourier]:
    async with HttpCourier(HERE, limit=1) as one:
        yield one


async def subscribe(api: httpx.AsyncClient, url: str, *events: str, **limits: Any) -> Json:
    body = {"name": "CRM", "url": url, "events": list(events), **limits}
    answer = await api.post("/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def send_all(ports: Ports, courier: HttpCourier, clock: FakeClock) -> int:
    """What is due, a second later; how many requests that were."""
    clock.forward(SOON)
    requests = 0
    for webhook_id in await hook_sending.with_something_due(ports):
        while await hook_sending.send_next(ports, courier, webhook_id) is not None:
            requests += 1
    return requests


async def log_of(api: httpx.AsyncClient, webhook: Json, **query: Any) -> list[Json]:
    answer = await api.get(f"/webhooks/{webhook['id']}/deliveries", params=query)
    items: list[Json] = answer.json()["items"]
    return items


def ended(kind: Kind, *ids: int, mailing_id: int = 7, after: timedelta = SOON) -> DeliveryEvents:
    events = tuple(
        DeliveryEvent(id_, mailing_id, 5, "UTC", 1, kind, NOW + after, 1, reason="Rejected")
        for id_ in ids
    )
    return DeliveryEvents(kind=kind, events=events)


async def test_the_life_of_a_webhook(api: httpx.AsyncClient, engine: AsyncEngine) -> None:
    made = await subscribe(api, "http://127.0.0.1:9/?key=hidden", "mailing.paused", "message.sent")
    secret = made.pop("secret")
    assert len(key_of(secret)) == 32
    at = f"/webhooks/{made['id']}"
    assert (await api.get(at)).json() == made
    assert (await api.get("/webhooks")).json() == {"items": [made], "next_cursor": None}
    assert made["events"] == ["mailing.paused", "message.sent"]
    changed = await api.patch(at, json={"name": "Shop", "events": ["message.failed"]})
    assert changed.json() == made | {"name": "Shop", "events": ["message.failed"]}
    off = (await api.patch(at, json={"enabled": False})).json()
    assert (off["enabled"], off["disabled_because"]) == (False, "turned_off")
    on = (await api.patch(at, json={"enabled": True})).json()
    assert (on["enabled"], on["disabled_because"], on["disabled_at"]) == (True, None, None)
    assert (await api.delete(at)).status_code == 204
    assert (await api.get(at)).status_code == 404
    async with engine.connect() as connection:
        kept = str((await connection.execute(text("SELECT * FROM audit"))).all())
    assert "webhooks.remove" in kept
    assert "hidden" not in kept


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "https://user:secret@example.com/"}, "url"),
        ({"url": "gopher://example.com/"}, "url"),
        ({"url": "https://example.com/" + 2000 * "x"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["mailing.exploded"]}, "events.0"),
        ({"department_id": 987}, "department_id"),
        ({"mailing_id": 987}, "mailing_id"),
        ({"mailing_id": 987, "events": ["message.delivered"]}, "events"),
        ({"secret": "mine"}, "secret"),
    ],
)
async def test_what_is_refused(api: httpx.AsyncClient, change: Json, field: str) -> None:
    made = await subscribe(api, "https://example.com/", "message.sent")
    body = {"name": "CRM", "url": "https://example.com/", "events": ["message.sent"]}
    for answer in (
        await api.post("/webhooks", json=body | change),
        await api.patch(f"/webhooks/{made['id']}", json=change),
    ):
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_there_are_not_too_many(api: httpx.AsyncClient) -> None:
    for number in range(MOST_WEBHOOKS):
        await subscribe(api, f"https://example.com/{number}", "message.sent")
    body = {"name": "CRM", "url": "https://example.com/", "events": ["message.sent"]}
    assert (await api.post("/webhooks", json=body)).status_code == 409
    page = (await api.get("/webhooks?limit=30")).json()
    rest = (await api.get("/webhooks", params={"cursor": page["next_cursor"]})).json()
    assert [len(page["items"]), len(rest["items"])] == [30, MOST_WEBHOOKS - 30]


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
    at = _text(clock.at)
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
    assert delivery["next_attempt_at"] == _text(clock.at + timedelta(seconds=5))
    assert (await api.get(f"/webhooks/{made['id']}")).json()["failing_since"] == _text(clock.at)
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


async def test_it_is_tried_out_at_once_even_if_it_rests(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    receiver.status = 500
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    receiver.status = 200
    answer = await api.post(f"/webhooks/{made['id']}/test")
    assert (answer.status_code, answer.json()["types"]) == (202, ["ping"])
    assert await send_all(ports, courier, clock) == 1
    assert receiver.types()[-1] == "ping"


async def test_what_ended_is_sent_again_under_the_same_ids(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1, 2))
    await send_all(ports, courier, clock)
    [delivery] = await log_of(api, made)
    path = f"/webhooks/{made['id']}/deliveries/{delivery['id']}/replay"
    answer = await api.post(path)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert (await api.post(path)).status_code == 409
    assert await send_all(ports, courier, clock) == 1
    first, second = receiver.came
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    [delivery] = await log_of(api, made)
    assert (delivery["state"], delivery["replays"], delivery["attempts"]) == ("delivered", 1, 1)
    other = await subscribe(api, receiver.url, "message.sent")
    foreign = f"/webhooks/{other['id']}/deliveries/{delivery['id']}/replay"
    assert (await api.post(foreign)).status_code == 404


async def test_a_secret_is_changed_without_a_gap(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
    engine: AsyncEngine,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    answer = await api.post(f"/webhooks/{made['id']}/secret", json={"old_good_for_hours": 1})
    new, old = answer.json()["secret"], made["secret"]
    assert answer.json()["old_secret_until"] == _text(clock.at + timedelta(hours=1))
    for secrets in ((new, old), (new,)):
        await messages_ended(ports, ended("sent", 1))
        await send_all(ports, courier, clock)
        came = receiver.came[-1]
        for secret in (new, old):
            good = secret in secrets
            assert _is_verified(came.headers, secret, came.body, clock) is good
        clock.forward(timedelta(hours=1))
    async with engine.connect() as connection:
        rows = list((await connection.execute(text("SELECT * FROM webhook"))).all())
        rows += (await connection.execute(text("SELECT * FROM audit"))).all()
    for secret in (new, old):
        assert secret.removeprefix("whsec_") not in str(rows)


async def test_a_secret_is_sealed_with_the_key_of_now_or_it_is_said_that_it_is_lost(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    before, new = "a secret that is long enough for HS256", "another that is as long as it must be"
    while_changing = replace(ports, seals=FernetSeals(new, (before,)))
    await hook_sending.seal_anew(while_changing)
    afterwards = replace(ports, seals=FernetSeals(new))
    await messages_ended(ports, ended("sent", 1))
    assert await send_all(afterwards, courier, clock) == 1
    came = receiver.came[-1]
    assert verify(came.headers, [key_of(made["secret"])], came.body, clock.now())
    await messages_ended(ports, ended("sent", 2))
    assert await send_all(ports, courier, clock) == 0  # by the key of before alone
    webhook = (await api.get(f"/webhooks/{made['id']}")).json()
    assert (webhook["enabled"], webhook["disabled_because"]) == (False, "secret_lost")


async def test_the_library_of_receivers_takes_what_comes(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    engine: AsyncEngine,
) -> None:
    """By the clock on the wall, which it looks at by itself."""
    by_the_wall = replace(ports, clock=SystemClock())
    made = await subscribe(api, receiver.url, "mailing.created")
    await api.post(f"/webhooks/{made['id']}/test")
    assert await hook_sending.send_next(by_the_wall, courier, made["id"])
    [came] = receiver.came
    told = Verifier(made["secret"]).verify(came.body, came.headers)
    assert told == json.loads(came.body)


async def test_a_secret_is_told_once(api: httpx.AsyncClient) -> None:
    body = {"name": "CRM", "url": "https://example.com/", "events": ["message.sent"]}
    headers = {"Idempotency-Key": "once", "Prefer": "return=minimal"}
    made = await api.post("/webhooks", json=body, headers=headers)
    assert made.json()["secret"].startswith("whsec_")
    assert made.headers["location"] == f"/api/v1/webhooks/{made.json()['id']}"
    again = await api.post("/webhooks", json=body, headers=headers)
    assert again.status_code == 409
    assert "secret" not in (await api.get("/webhooks")).text.replace("old_secret", "")


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


async def test_the_log_goes_with_time(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
    again: LogIn,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    clock.forward(timedelta(days=13))
    await messages_ended(ports, ended("sent", 2))
    receiver.status = 500
    await send_all(ports, courier, clock)
    assert await forget_what_is_over(ports, Retention()) == {}
    clock.forward(timedelta(days=2))
    assert await forget_what_is_over(ports, Retention(webhooks=0)) == {}
    assert await forget_what_is_over(ports, Retention()) == {"webhooks": 1}
    [left] = await log_of(await again(), made)
    assert left["state"] == "pending"


async def test_a_webhook_goes_with_all_that_it_was_told(
    api: httpx.AsyncClient, ports: Ports, courier: HttpCourier, receiver: Receiver, clock: FakeClock
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    await messages_ended(ports, ended("sent", 2))
    assert (await api.delete(f"/webhooks/{made['id']}")).status_code == 204
    assert await send_all(ports, courier, clock) == 0
    assert (await api.get(f"/webhooks/{made['id']}/deliveries")).status_code == 404


@pytest.fixture
def again(app: FastAPI, ports: Ports, admin: User) -> LogIn:
    """Logs in: no token lives as long as some of these tests."""

    async def log_in() -> httpx.AsyncClient:
        return client_of(app, (await log_in_as(ports, admin)).access_token)

    return log_in


async def _has(receiver: Receiver, count: int) -> bool:
    return len(receiver.came) >= count


def _is_verified(headers: dict[str, str], secret: str, body: bytes, clock: FakeClock) -> bool:
    try:
        verify(headers, [key_of(secret)], body, clock.now())
    except NotSigned:
        return False
    return True


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
