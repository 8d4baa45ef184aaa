"""What the gateway reads of dead letters: shapes, paging, and how a group is named."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.stats.entrypoints.dead_letters import dead_letter_reads
from services.stats.handlers import deliveries
from shared.runtime.problems import answer_with_problems
from tests.unit.services.stats.dead_letters_suite import SHA256, failed, unknown
from tests.unit.services.stats.examples import ZONES, batch
from tests.unit.services.stats.fakes import ports
from tests.unit.services.stats.memory import MemoryBooks
from tests.unit.services.stats.memory_dead_letters import MemoryDeadLetters

REFUSED = "The provider refused the message. (HTTP 400)"


@pytest.fixture
def books() -> MemoryBooks:
    return MemoryBooks()


@pytest_asyncio.fixture
async def client(books: MemoryBooks) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    answer_with_problems(app)
    app.include_router(dead_letter_reads(MemoryDeadLetters(books)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://stats"
    ) as client:
        yield client


async def test_a_group(client: httpx.AsyncClient, books: MemoryBooks) -> None:
    await deliveries(ports(books), batch(failed(1), failed(2)))
    assert (await client.get("/dead-letters")).json() == {
        "items": [
            {
                "group": {
                    "mailing_id": 7,
                    "status": "failed",
                    "reason": "rejected",
                    "http_status": 400,
                    "detail": REFUSED,
                },
                "messages": 2,
                "first_at": "2026-03-01T12:00:00Z",
                "last_at": "2026-03-01T12:00:00Z",
                "sample": {
                    "message_id": 2,
                    "client_id": 1002,
                    "timezone": ZONES[0],
                    "dispatch": 1,
                    "attempt": 1,
                    "at": "2026-03-01T12:00:00Z",
                    "latency_ms": 40,
                    "http_status": 400,
                    "text_sha256": SHA256,
                },
            }
        ],
        "next_cursor": None,
    }


async def test_groups_are_paged_to_the_end(client: httpx.AsyncClient, books: MemoryBooks) -> None:
    letters = [failed(n, mailing_id=n, detail=None if n % 2 else "Ой.") for n in range(1, 6)]
    await deliveries(ports(books), batch(*letters))
    seen: list[int] = []
    parameters: dict[str, Any] = {"limit": 2}
    while True:
        page = (await client.get("/dead-letters", params=parameters)).json()
        seen += [item["group"]["mailing_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
    assert seen == [5, 4, 3, 2, 1]


async def test_the_messages_of_a_group_by_its_exact_name(
    client: httpx.AsyncClient, books: MemoryBooks
) -> None:
    await deliveries(ports(books), batch(failed(1), failed(2, http_status=None, detail=None)))
    names: dict[str, Any] = {
        "exact": "true",
        "mailing_id": 7,
        "status": "failed",
        "reason": "rejected",
    }
    bare = (await client.get("/dead-letters/messages", params=names)).json()
    assert [item["message_id"] for item in bare["items"]] == [2]
    names |= {"http_status": 400, "detail": REFUSED}
    answered = (await client.get("/dead-letters/messages", params=names)).json()
    assert [item["message_id"] for item in answered["items"]] == [1]


async def test_all_messages_of_a_mailing_by_page(
    client: httpx.AsyncClient, books: MemoryBooks
) -> None:
    await deliveries(ports(books), batch(*(unknown(n) for n in range(1, 4))))
    first = (await client.get("/dead-letters/messages?mailing_id=7&limit=2")).json()
    assert first["next_after"] == 2
    rest = (await client.get("/dead-letters/messages?mailing_id=7&limit=2&after=2")).json()
    assert rest == {
        "items": [
            {
                "message_id": 3,
                "mailing_id": 7,
                "client_id": 1003,
                "dispatch": 1,
                "status": "unknown",
                "text_sha256": SHA256,
            }
        ],
        "next_after": None,
    }


async def test_messages_by_name(client: httpx.AsyncClient, books: MemoryBooks) -> None:
    await deliveries(ports(books), batch(failed(1), failed(2), failed(3)))
    answer = await client.get("/dead-letters/messages?message_id=3&message_id=1&message_id=404")
    assert [item["message_id"] for item in answer.json()["items"]] == [1, 3]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/dead-letters?status=sent", "status"),
        ("/dead-letters?limit=501", "limit"),
        ("/dead-letters?mailing_id=0", "mailing_id"),
        ("/dead-letters?cursor=next", "cursor"),
        ("/dead-letters?cursor=%D0%B0", "cursor"),
        ("/dead-letters?cursor=e30", "cursor"),
        ("/dead-letters?reason=%00", "reason"),
        ("/dead-letters/messages?limit=5001", "limit"),
        ("/dead-letters/messages?exact=true&mailing_id=7", "exact"),
        ("/dead-letters/messages?exact=true&status=failed", "exact"),
        ("/dead-letters/messages?http_status=400", "exact"),
        ("/dead-letters/messages?detail=Why", "exact"),
        ("/dead-letters/messages?message_id=1&mailing_id=7", "message_id"),
        ("/dead-letters/messages?message_id=x", "message_id.0"),
    ],
)
async def test_bad_parameters_are_named(client: httpx.AsyncClient, path: str, field: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
