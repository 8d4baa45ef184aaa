"""Webhooks are made, changed and removed; their secrets."""

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook as Verifier

from services.api.adapters.courier import HttpCourier
from services.api.adapters.seals import FernetSeals
from services.api.domain.signatures import NotSigned, key_of, verify
from services.api.domain.webhooks import MOST_WEBHOOKS
from services.api.handlers import hook_sending
from services.api.handlers.hook_telling import messages_ended
from services.api.ports import Ports
from shared.runtime.clock import SystemClock
from tests.integration.services.api.conftest import FakeClock
from tests.integration.services.api.webhooks.world import Json, as_text, ended, send_all, subscribe
from tests.support.receiver import Receiver


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
    assert answer.json()["old_secret_until"] == as_text(clock.at + timedelta(hours=1))
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


def _is_verified(headers: dict[str, str], secret: str, body: bytes, clock: FakeClock) -> bool:
    try:
        verify(headers, [key_of(secret)], body, clock.now())
    except NotSigned:
        return False
    return True
