"""What the gateway reads: shapes, paging, and who is let in."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.stats.domain.in_flight import InFlightCalls
from services.stats.entrypoints.http import reads
from services.stats.handlers import deliveries, receipts_given, waves_planned
from shared.contracts.delivery import CallsInFlight, InFlight
from shared.contracts.statuses import Status
from shared.runtime.problems import answer_with_problems
from shared.runtime.service_token import token_check
from tests.unit.services.stats.examples import (
    START,
    ZONES,
    batch,
    event,
    given_receipts,
    opening,
    receipt,
    wave,
    waves,
)
from tests.unit.services.stats.fakes import FakeClock, ports
from tests.unit.services.stats.memory import MemoryBooks

TOKEN = "a token of sixteen"
ZEROS: dict[str, int] = {status.value: 0 for status in Status}


@pytest.fixture
def books() -> MemoryBooks:
    return MemoryBooks()


@pytest.fixture
def in_flight() -> InFlightCalls:
    return InFlightCalls()


@pytest_asyncio.fixture
async def client(books: MemoryBooks, in_flight: InFlightCalls) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    answer_with_problems(app)
    clock = FakeClock(START + timedelta(seconds=1))
    app.include_router(reads(books, in_flight, clock), dependencies=[token_check(TOKEN)])
    token = {"Authorization": f"Bearer {TOKEN}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://stats", headers=token
    ) as client:
        yield client


async def test_zeros_while_nothing_is_known(client: httpx.AsyncClient) -> None:
    assert (await client.get("/mailings/5/statistics")).json() == {
        "mailing_id": 5,
        "audience": 0,
        "by_status": ZEROS,
        "in_flight": 0,
        "first_sent_at": None,
        "last_sent_at": None,
        "rate_per_second": 0.0,
        "by_zone": [],
    }


async def test_statistics_of_a_mailing(
    client: httpx.AsyncClient, books: MemoryBooks, in_flight: InFlightCalls
) -> None:
    opens, closes = START, START + timedelta(hours=1)
    planned = wave(3, opens_at=opens, closes_at=closes)
    await waves_planned(ports(books), waves(planned))
    await deliveries(ports(books), batch(event("sent"), event("sent", 2)))
    in_flight.renew(
        CallsInFlight(sender="a", at=START, mailings=(InFlight(mailing_id=7, calls=1),))
    )
    answer = (await client.get("/mailings/7/statistics")).json()
    counts: dict[str, Any] = {"audience": 3, "by_status": {**ZEROS, "waiting": 1, "sent": 2}}
    assert answer == counts | {
        "mailing_id": 7,
        "in_flight": 1,
        "first_sent_at": "2026-03-01T12:00:00Z",
        "last_sent_at": "2026-03-01T12:00:00Z",
        "rate_per_second": 0.2,
        "by_zone": [
            counts
            | {
                "timezone": ZONES[0],
                "opens_at": "2026-03-01T12:00:00Z",
                "closes_at": "2026-03-01T13:00:00Z",
                "rest": "waiting",
                "reason": None,
            }
        ],
    }


async def test_messages_are_paged_to_the_end(client: httpx.AsyncClient, books: MemoryBooks) -> None:
    await deliveries(ports(books), batch(*(event("sent", n) for n in range(1, 6))))
    seen: list[int] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = (await client.get(f"/mailings/7/messages?limit=2&cursor={cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [1, 2, 3, 4, 5]


async def test_a_message_in_the_list(client: httpx.AsyncClient, books: MemoryBooks) -> None:
    failed = event("failed", reason="rejected", detail="The provider answered 400.")
    await deliveries(ports(books), batch(event("queued", 2)))
    await deliveries(ports(books), batch(failed))
    page = (await client.get("/mailings/7/messages?status=failed")).json()
    assert page == {
        "items": [
            {
                "id": 1,
                "client_id": 1001,
                "timezone": ZONES[0],
                "status": "failed",
                "reason": "rejected",
                "detail": "The provider answered 400.",
                "dispatch": 1,
                "attempts": 1,
                "sent_at": None,
                "updated_at": "2026-03-01T12:00:00Z",
                "next_attempt_at": None,
            }
        ],
        "next_cursor": None,
    }


async def test_a_message_with_all_its_calls(client: httpx.AsyncClient, books: MemoryBooks) -> None:
    throttled = event("retrying", latency_ms=500, http_status=429, reason="throttled", grounds=0)
    sent = event("sent", attempt=2, latency_ms=250, http_status=200, grounds=0, text_sha256="ab")
    await deliveries(ports(books), batch(event("queued")))
    for each in (throttled, sent):
        await deliveries(ports(books), batch(each, grounds=(opening(text_revision=3),)))
    await receipts_given(ports(books), given_receipts(receipt(1, "undelivered", reason="absent")))
    answer = (await client.get("/messages/1")).json()
    first, last = answer.pop("attempts")
    assert answer == {
        "id": 1,
        "mailing_id": 7,
        "client_id": 1001,
        "timezone": ZONES[0],
        "status": "undelivered",
        "reason": "absent",
        "detail": None,
        "dispatch": 1,
        "sent_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:04Z",
        "next_attempt_at": None,
        "receipt": {
            "status": "undelivered",
            "at": "2026-03-01T12:00:04Z",
            "reason": "absent",
            "provider": "sms",
        },
    }
    assert (first["outcome"], first["reason"], first["http_status"]) == (
        "retrying",
        "throttled",
        429,
    )
    assert last == {
        "dispatch": 1,
        "attempt": 2,
        "outcome": "sent",
        "started_at": "2026-03-01T11:59:59.750000Z",
        "answered_at": "2026-03-01T12:00:00Z",
        "started_at_local": "2026-03-01T14:59:59.750000+03:00",
        "utc_offset": "+03:00",
        "in_window": True,
        "latency_ms": 250,
        "http_status": 200,
        "reason": None,
        "detail": None,
        "text_sha256": "ab",
        "text_revision": 3,
        "window": {
            "timezone": ZONES[0],
            "opens_at": "2026-03-01T07:00:00Z",
            "closes_at": "2026-03-01T17:00:00Z",
            "opens_at_local": "2026-03-01T10:00:00+03:00",
            "closes_at_local": "2026-03-01T20:00:00+03:00",
            "tzdata": "2026b",
        },
    }


async def test_a_return_without_a_call_began_at_no_time(
    client: httpx.AsyncClient, books: MemoryBooks
) -> None:
    returned = event("returned", reason="gate_closed", grounds=0)
    await deliveries(ports(books), batch(returned, grounds=(opening(),)))
    (only,) = (await client.get("/messages/1")).json()["attempts"]
    assert (only["outcome"], only["reason"]) == ("returned", "gate_closed")
    assert only["answered_at"] == "2026-03-01T12:00:00Z"
    assert only["window"]["tzdata"] == "2026b"
    of_a_call = ("started_at", "started_at_local", "utc_offset", "in_window", "latency_ms")
    assert [only[name] for name in of_a_call] == [None] * 5


async def test_a_trial_has_its_calls_and_no_window(
    client: httpx.AsyncClient, books: MemoryBooks
) -> None:
    trial = event("sent", mailing_id=0, client_id=0, timezone="UTC", latency_ms=40)
    await deliveries(ports(books), batch(trial))
    answer = (await client.get("/messages/1")).json()
    (only,) = answer["attempts"]
    assert (answer["mailing_id"], answer["status"]) == (0, "sent")
    assert (only["utc_offset"], only["in_window"], only["window"]) == ("+00:00", None, None)


async def test_a_message_nobody_has_heard_of(client: httpx.AsyncClient) -> None:
    answer = await client.get("/messages/404")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_several_mailings_and_all_of_them(
    client: httpx.AsyncClient, books: MemoryBooks
) -> None:
    await deliveries(ports(books), batch(event("sent"), event("sent", 2, mailing_id=8)))
    answer = (await client.get("/statistics?mailing_id=8&mailing_id=9&mailing_id=8")).json()
    assert [(item["mailing_id"], item["audience"]) for item in answer["items"]] == [(8, 1), (9, 0)]
    assert answer["items"][1]["by_status"] == ZEROS
    assert answer["total"] == {"audience": 2, "by_status": {**ZEROS, "sent": 2}}


async def test_all_mailings_alone(client: httpx.AsyncClient) -> None:
    assert (await client.get("/statistics")).json() == {
        "items": [],
        "total": {"audience": 0, "by_status": ZEROS},
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"])
@pytest.mark.parametrize(
    "path", ["/mailings/7/statistics", "/mailings/7/messages", "/messages/7", "/statistics"]
)
async def test_nobody_without_the_token(client: httpx.AsyncClient, path: str, header: str) -> None:
    answer = await client.get(path, headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {"title": "Unauthorized", "status": 401}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/mailings/seven/statistics", "mailing_id"),
        ("/mailings/0/statistics", "mailing_id"),
        (f"/mailings/{2**63}/messages", "mailing_id"),
        ("/messages/0", "message_id"),
        ("/mailings/7/messages?status=lost", "status"),
        ("/mailings/7/messages?limit=0", "limit"),
        ("/mailings/7/messages?limit=1001", "limit"),
        ("/mailings/7/messages?cursor=next", "cursor"),
        ("/statistics?mailing_id=x", "mailing_id.0"),
    ],
)
async def test_bad_parameters_are_named(client: httpx.AsyncClient, path: str, field: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_database_that_is_away_is_said_so(
    client: httpx.AsyncClient, books: MemoryBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(books, "mailings", fails)
    answer = await client.get("/statistics?mailing_id=1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
