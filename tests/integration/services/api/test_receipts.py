"""What providers bring: signed, taken as a whole, and heard of by stats alone; STOP and START."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.signatures import key_of, new_secret, sign
from services.api.entrypoints.http.receipts_models import MOST_RECEIPTS
from shared.contracts.base import Message
from shared.contracts.directory import ClientsChanged
from shared.contracts.gates import GatesChanged
from shared.contracts.receipts import ReceiptsGiven
from tests.integration.services.api.conftest import (
    NOW,
    OLD_RECEIPT_SECRET,
    RECEIPT_SECRET,
    FakeClock,
    Outbox,
)

PATH = "/api/v1/receipts/simulator"
PHONE = "79161234567"
ANN = {"phone": PHONE, "timezone": "Europe/Moscow", "name": "Ann"}
RECEIPTS = [
    {"message_id": 7, "status": "delivered", "at": "2026-11-21T11:59:00Z"},
    {"message_id": 8, "status": "undelivered", "at": "2026-11-21T11:59:01Z", "reason": "absent"},
]


async def bring(
    stranger: httpx.AsyncClient,
    content: dict[str, Any] | bytes,
    *,
    at: datetime = NOW,
    secret: str = RECEIPT_SECRET,
    path: str = PATH,
) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = sign([key_of(secret)], "msg_1", at, body) | {"Content-Type": "application/json"}
    return await stranger.post(path, content=body, headers=headers)


async def says(stranger: httpx.AsyncClient, word: str, at: datetime = NOW, **said: Any) -> None:
    message = {"phone": PHONE, "text": word, "at": at.isoformat()} | said
    answer = await bring(stranger, {"inbound": [message]})
    assert (answer.status_code, answer.json()) == (202, {"receipts": 0, "inbound": 1})


async def added(api: httpx.AsyncClient, **changes: Any) -> int:
    return int((await api.post("/clients", json=ANN | changes)).json()["id"])


async def is_blocked(api: httpx.AsyncClient, client: int) -> bool:
    return bool((await api.get(f"/clients/{client}")).json()["blocked"])


async def test_receipts_are_told_to_stats_in_one_message(
    anonymous: httpx.AsyncClient, outbox: Outbox
) -> None:
    answer = await bring(anonymous, {"receipts": RECEIPTS})
    assert (answer.status_code, answer.json()) == (202, {"receipts": 2, "inbound": 0})
    messages: list[Message] = await outbox()
    [given] = messages
    assert isinstance(given, ReceiptsGiven)
    assert given.provider == "simulator"
    rows = [(one.message_id, one.status, one.reason) for one in given.rows()]
    assert rows == [(7, "delivered", None), (8, "undelivered", "absent")]
    assert given.rows()[0].at == datetime.fromisoformat("2026-11-21T11:59:00Z")


async def test_the_old_secret_is_good_while_it_is_changed(anonymous: httpx.AsyncClient) -> None:
    answer = await bring(anonymous, {"receipts": RECEIPTS}, secret=OLD_RECEIPT_SECRET)
    assert answer.status_code == 202


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"receipts": [{}]}', b""])
async def test_without_a_right_signature_nobody_is_told_anything(
    anonymous: httpx.AsyncClient, outbox: Outbox, body: bytes
) -> None:
    wrong = await bring(anonymous, body, secret=new_secret())
    unsigned = await anonymous.post(PATH, content=body)
    old = await bring(anonymous, body, at=NOW - timedelta(minutes=6))
    for answer in (wrong, unsigned, old):
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await bring(anonymous, body, path="/api/v1/receipts/other")).status_code == 404
    assert await outbox() == []


async def test_a_body_that_was_changed_on_its_way_is_refused(anonymous: httpx.AsyncClient) -> None:
    headers = sign([key_of(RECEIPT_SECRET)], "msg_1", NOW, b'{"receipts": []}')
    answer = await anonymous.post(PATH, content=b'{"receipts": [] }', headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "seen"}, "receipts.1.status"),
        ({"message_id": 0}, "receipts.1.message_id"),
        ({"message_id": 2**63}, "receipts.1.message_id"),
        ({"at": "2026-11-21T11:59:00"}, "receipts.1.at"),
        ({"at": 1795262400}, "receipts.1.at"),
        ({"reason": "he moved to 7 916 123-45-67"}, "receipts.1.reason"),
        ({"text": "Hi"}, "receipts.1.text"),
    ],
)
async def test_all_is_taken_or_nothing(
    anonymous: httpx.AsyncClient, outbox: Outbox, change: dict[str, Any], field: str
) -> None:
    answer = await bring(anonymous, {"receipts": [RECEIPTS[0], RECEIPTS[1] | change]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert await outbox() == []


async def test_a_thousand_at_a_time(anonymous: httpx.AsyncClient, outbox: Outbox) -> None:
    many = [RECEIPTS[0] | {"message_id": 2**62 + n} for n in range(MOST_RECEIPTS + 1)]
    assert (await bring(anonymous, {"receipts": many[1:]})).status_code == 202
    [given] = await outbox()
    assert isinstance(given, ReceiptsGiven)
    assert len(given.rows()) == MOST_RECEIPTS
    assert (await bring(anonymous, {"receipts": many})).status_code == 422


async def test_stop_blocks_at_once(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient, outbox: Outbox, engine: AsyncEngine
) -> None:
    client = await added(api)
    await outbox()
    await says(anonymous, "Stop, пожалуйста!", NOW - timedelta(seconds=3), phone="8 916 123 45 67")
    assert await is_blocked(api, client)
    messages = await outbox()
    assert [one.gates[0].closed for one in messages if isinstance(one, GatesChanged)] == [True]
    assert [one.clients[0].blocked for one in messages if isinstance(one, ClientsChanged)] == [True]
    [block] = (await api.get("/policies/blocks", params={"client_id": client})).json()["items"]
    assert (block["source"], block["created_by"], block["reason"]) == ("stop", None, None)
    assert block["created_at"] == "2026-11-21T11:59:57Z"
    [deed, *_] = (await api.get("/audit", params={"subject": f"clients/{client}"})).json()["items"]
    told = {"block": block["id"], "source": "stop"}
    assert (deed["action"], deed["user"], deed["facts"]) == ("clients.block", None, told)
    await says(anonymous, "STOP")
    assert await outbox() == []
    async with engine.connect() as connection:
        kept = "SELECT string_agg(CAST(a AS text), '') FROM audit a"
        assert "пожалуйста" not in str(await connection.scalar(text(kept)))


async def test_start_lifts_what_stop_has_made(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient, clock: FakeClock
) -> None:
    client = await added(api)
    await says(anonymous, "STOP")
    await says(anonymous, "START", NOW - timedelta(seconds=1))
    assert await is_blocked(api, client), "one that was said before comes late"
    await says(anonymous, "START", NOW + timedelta(seconds=1))
    assert not await is_blocked(api, client)
    await says(anonymous, "СТАРТ", NOW + timedelta(seconds=2))
    assert not await is_blocked(api, client)


async def test_start_does_not_lift_what_a_person_has_made(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    client = await added(api)
    await api.post("/policies/blocks", json={"client_id": client})
    await says(anonymous, "STOP")
    await says(anonymous, "START", NOW + timedelta(seconds=1))
    assert await is_blocked(api, client)


async def test_the_last_word_of_a_request_counts_whatever_its_place(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    one, other = await added(api), await added(api, phone="79161234568")

    def said(phone: str, word: str, seconds: int) -> dict[str, Any]:
        at = (NOW + timedelta(seconds=seconds)).isoformat()
        return {"phone": phone, "text": word, "at": at}

    inbound = [
        *(said(PHONE, "STOP", 5), said(PHONE, "START", 2), said(PHONE, "Thanks", 9)),
        *(said("79161234568", "STOP", 1), said("79161234568", "START", 3)),
        *(said("+1 212 555 0100", "STOP", 1), said("79990000000", "STOP", 1)),
    ]
    answer = await bring(anonymous, {"inbound": inbound, "receipts": RECEIPTS})
    assert (answer.status_code, answer.json()) == (202, {"receipts": 2, "inbound": 7})
    assert await is_blocked(api, one)
    assert not await is_blocked(api, other)


async def test_what_says_something_else_changes_nothing(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient, outbox: Outbox
) -> None:
    client = await added(api)
    await outbox()
    await says(anonymous, "I am at the bus stop")
    await says(anonymous, "STOP", phone=79990000001)
    assert not await is_blocked(api, client)
    assert await outbox() == []
