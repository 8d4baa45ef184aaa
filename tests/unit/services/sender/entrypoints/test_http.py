"""What another service may ask a sender, and who may."""

from collections.abc import Sequence

import httpx
import pytest
from starlette.applications import Starlette

from services.sender.entrypoints.http import MOST, reads
from shared.contracts.gates import Gate
from shared.contracts.ledger import GateTable, LedgerRow, Which
from tests.unit.services.sender.fakes import START

TOKEN = "t" * 16
ROW = LedgerRow(
    message_id=5,
    mailing_id=7,
    client_id=9,
    timezone="Asia/Tokyo",
    dispatch=1,
    attempt=1,
    state="claimed",
)
GATES = GateTable(now=START, gates=(Gate(kind="mailing", id=7, revision=2, closed=True),))


class FakePages:
    def __init__(self) -> None:
        self.asked: list[tuple[int, int, str]] = []
        self.forgotten: list[int] = []

    async def page(self, after: int, limit: int, which: Which) -> Sequence[LedgerRow]:
        self.asked.append((after, limit, which))
        return [ROW]

    async def gates(self, after: int, limit: int) -> GateTable:
        self.asked.append((after, limit, "gates"))
        return GATES

    async def forget(self, message_ids: Sequence[int]) -> None:
        self.forgotten += message_ids


@pytest.fixture
def pages() -> FakePages:
    return FakePages()


@pytest.fixture
def sender(pages: FakePages) -> httpx.AsyncClient:
    app = Starlette(routes=list(reads(pages, TOKEN)))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://sender",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


async def test_the_ledger_by_its_key(sender: httpx.AsyncClient, pages: FakePages) -> None:
    answer = await sender.get(
        "/internal/ledger", params={"after": 4, "limit": 10, "which": "others"}
    )
    assert [LedgerRow.model_validate(row) for row in answer.json()] == [ROW]
    await sender.get("/internal/ledger")
    assert pages.asked == [(4, 10, "others"), (0, 1000, "all")]


async def test_the_gates(sender: httpx.AsyncClient, pages: FakePages) -> None:
    answer = await sender.get("/internal/gates", params={"after": 6})
    assert GateTable.model_validate_json(answer.content) == GATES
    assert pages.asked == [(6, 1000, "gates")]


async def test_rows_that_are_to_go(sender: httpx.AsyncClient, pages: FakePages) -> None:
    path = "/internal/ledger/forget"
    assert (await sender.post(path, json={"message_ids": [5, 6]})).status_code == 200
    assert pages.forgotten == [5, 6]
    for nonsense in ({}, {"message_ids": ["x"]}, {"message_ids": [1] * (MOST + 1)}):
        assert (await sender.post(path, json=nonsense)).status_code == 422
    stranger = {"Authorization": "Bearer wrong"}
    asked = await sender.post(path, json={"message_ids": [7]}, headers=stranger)
    assert asked.status_code == 401
    assert pages.forgotten == [5, 6]


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": -1}, {"limit": 0}, {"limit": MOST + 1}, {"which": "mine"}]
)
async def test_nonsense_is_refused(
    sender: httpx.AsyncClient, pages: FakePages, query: dict[str, str]
) -> None:
    assert (await sender.get("/internal/ledger", params=query)).status_code == 422
    assert pages.asked == []


@pytest.mark.parametrize("path", ["/internal/ledger", "/internal/gates"])
@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer wrong", TOKEN])
async def test_for_services_only(
    sender: httpx.AsyncClient, pages: FakePages, path: str, authorization: str
) -> None:
    headers = {"Authorization": authorization}
    assert (await sender.get(path, headers=headers)).status_code == 401
    assert pages.asked == []
