"""A write with a key is done once, whatever happens on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.once import HELD_FOR, KEPT_FOR
from services.api.domain.users import NewUser, Role, User
from services.api.handlers import once
from services.api.ports import Ports
from tests.integration.services.api.conftest import (
    FakeClock,
    FakeGates,
    Outbox,
    a_user,
    client_of,
    log_in_as,
)

CLIENT = {"phone": "79161234567", "timezone": "UTC"}
MAILING = {
    "text": "Hello",
    "starts_at": "2026-12-01T10:00:00Z",
    "ends_at": "2026-12-02T10:00:00Z",
}
KEY = {"Idempotency-Key": "order-7"}
CSV = {"Content-Type": "text/csv"}
ROWS = b"phone,timezone\n79161234567,UTC\n"


def again(answer: httpx.Response, first: httpx.Response) -> None:
    assert answer.headers["idempotent-replayed"] == "true"
    assert (answer.status_code, answer.content) == (first.status_code, first.content)
    for name in ("location", "etag", "content-type"):
        assert answer.headers.get(name) == first.headers.get(name)


def is_refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "idempotent-replayed" not in answer.headers


async def count(engine: AsyncEngine, table: str) -> int:
    async with engine.connect() as connection:
        found: int = await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608
    return found


async def test_it_is_done_once_and_answered_the_same(
    api: httpx.AsyncClient, engine: AsyncEngine, outbox: Outbox
) -> None:
    first = await api.post("/clients", json=CLIENT, headers=KEY)
    assert first.status_code == 201
    for spelling in ("order-7", '"order-7"'):
        headers = {"Idempotency-Key": spelling}
        again(await api.post("/clients", json=CLIENT, headers=headers), first)
    assert await count(engine, "client") == 1
    assert len(await outbox()) == 1


async def test_so_is_every_kind_of_write(api: httpx.AsyncClient, outbox: Outbox) -> None:
    path = (await api.post("/mailings", json=MAILING)).headers["location"].removeprefix("/api/v1")
    writes = [
        ("PUT", path, MAILING | {"text": "Hi"}),
        ("PATCH", path, {"text": "Hello"}),
        ("POST", f"{path}/pause", None),
        ("POST", f"{path}/resume", None),
        ("POST", f"{path}/clone", None),
        ("DELETE", path, None),
    ]
    for number, (method, where, body) in enumerate(writes):
        headers = {"Idempotency-Key": str(number)}
        await outbox()
        first = await api.request(method, where, json=body, headers=headers)
        assert first.is_success, first.text
        await outbox()
        again(await api.request(method, where, json=body, headers=headers), first)
        assert await outbox() == []


async def test_what_was_refused_is_refused_again(api: httpx.AsyncClient) -> None:
    first = await api.post("/tags", json={"name": ""}, headers=KEY)
    assert first.status_code == 422
    again(await api.post("/tags", json={"name": ""}, headers=KEY), first)


async def test_a_key_is_for_one_request(api: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await api.post("/tags", json={"name": "a"}, headers=KEY)
    for method, path, body in (
        ("POST", "/tags", {"name": "b"}),
        ("POST", "/tags?x=1", {"name": "a"}),
        ("POST", "/departments", {"name": "a"}),
        ("PUT", "/tags", {"name": "a"}),
    ):
        answer = await api.request(method, path, json=body, headers=KEY)
        is_refused(answer, 422)
        assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]
    assert await count(engine, "tag") == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 129])
async def test_what_is_no_key(api: httpx.AsyncClient, engine: AsyncEngine, key: str) -> None:
    is_refused(await api.post("/tags", json={"name": "a"}, headers={"Idempotency-Key": key}), 422)
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    is_refused(await api.post("/tags", json={"name": "a"}, headers=twice), 422)
    assert await count(engine, "tag") == 0


async def test_everybody_has_their_own(app: FastAPI, ports: Ports, api: httpx.AsyncClient) -> None:
    other = await a_user(ports, NewUser("m@example.com", "", Role.MANAGER))
    token = (await log_in_as(ports, other)).access_token
    await api.post("/tags", json={"name": "a"}, headers=KEY)
    async with client_of(app, token) as manager:
        assert (await manager.post("/tags", json={"name": "b"}, headers=KEY)).status_code == 201


async def test_whoever_reads_needs_none(api: httpx.AsyncClient, engine: AsyncEngine) -> None:
    for _ in range(2):
        assert "idempotent-replayed" not in (await api.get("/tags", headers=KEY)).headers
    assert await count(engine, "request_key") == 0


async def test_of_many_at_the_same_time_one_does_it(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    calls = [api.post("/clients", json=CLIENT, headers=KEY) for _ in range(8)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} <= {201, 409}
    for answer in answers:
        if answer.status_code == 409:
            assert answer.headers["retry-after"] == "1"
            assert "in progress" in answer.json()["detail"]
    assert await count(engine, "client") == 1
    assert (await api.post("/clients", json=CLIENT, headers=KEY)).status_code == 201


async def test_a_day_later_the_key_is_free(
    app: FastAPI,
    api: httpx.AsyncClient,
    admin: User,
    ports: Ports,
    engine: AsyncEngine,
    clock: FakeClock,
) -> None:
    path = (await api.post("/clients", json=CLIENT)).headers["location"].removeprefix("/api/v1")
    await api.patch(path, json={"name": "Ann"}, headers=KEY)
    clock.forward(KEPT_FOR)
    async with client_of(app, (await log_in_as(ports, admin)).access_token) as later:
        other = await later.patch(path, json={"name": "Bob"}, headers=KEY)
        assert other.json()["name"] == "Bob"
        again(await later.patch(path, json={"name": "Bob"}, headers=KEY), other)
    await once.sweep(ports)
    assert await count(engine, "request_key") == 1
    clock.forward(KEPT_FOR + timedelta(seconds=1))
    await once.sweep(ports)
    assert await count(engine, "request_key") == 0


async def test_what_a_client_was_goes_with_them(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    made = await api.post("/clients", json=CLIENT, headers=KEY)
    path = made.headers["location"].removeprefix("/api/v1")
    await api.patch(path, json={"name": "Ann"}, headers={"Idempotency-Key": "b"})
    await api.delete(path, headers={"Idempotency-Key": "c"})
    async with engine.connect() as connection:
        kept = await connection.scalar(
            text("SELECT string_agg(convert_from(answer, 'UTF8'), ' ') FROM request_key")
        )
    assert kept == ""
    is_refused(await api.post("/clients", json=CLIENT, headers=KEY), 409)
    assert await count(engine, "client") == 1


class TestDeath:
    """The process that does it dies: nothing of it runs any more, its hold stands."""

    @pytest.fixture
    def dies(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        """Before it has an answer put by, or lets go."""

        def at(*names: str) -> None:
            async def nothing(*_: Any) -> None:
                return None

            for name in names:
                monkeypatch.setattr(once, name, nothing)

        return lambda *names: at(*names)

    async def test_after_the_deed(
        self,
        api: httpx.AsyncClient,
        engine: AsyncEngine,
        clock: FakeClock,
        dies: Callable[[str], None],
    ) -> None:
        dies("keep")
        assert (await api.post("/clients", json=CLIENT, headers=KEY)).status_code == 201
        waits = await api.post("/clients", json=CLIENT, headers=KEY)
        is_refused(waits, 409)
        assert waits.headers["retry-after"] == "1"
        clock.forward(HELD_FOR)
        lost = await api.post("/clients", json=CLIENT, headers=KEY)
        is_refused(lost, 409)
        assert "done" in lost.json()["detail"]
        assert await count(engine, "client") == 1

    async def test_before_the_deed(
        self,
        api: httpx.AsyncClient,
        ports: Ports,
        gates: FakeGates,
        clock: FakeClock,
        engine: AsyncEngine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def died(*_: Any) -> Any:
            raise asyncio.CancelledError

        with monkeypatch.context() as patch:
            patch.setattr("services.api.handlers.clients.news", died)
            patch.setattr("services.api.adapters.tags.SqlTags.ensure", died)
            with pytest.raises(asyncio.CancelledError):
                await api.post("/clients", json=CLIENT, headers=KEY)
        assert await count(engine, "client") == 0
        is_refused(await api.post("/clients", json=CLIENT, headers=KEY), 409)
        clock.forward(HELD_FOR)
        done = await api.post("/clients", json=CLIENT, headers=KEY)
        assert done.status_code == 201, done.text
        again(await api.post("/clients", json=CLIENT, headers=KEY), done)

    async def test_whoever_was_taken_for_dead_does_nothing(
        self,
        api: httpx.AsyncClient,
        clock: FakeClock,
        engine: AsyncEngine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Slow, not dead: another does it meanwhile."""
        slow, others_turn = asyncio.Event(), asyncio.Event()
        ensure = "services.api.adapters.tags.SqlTags.add"

        from services.api.adapters.tags import SqlTags

        add = SqlTags.add

        async def slowly(self: SqlTags, name: str, now: Any) -> Any:
            if not others_turn.is_set():
                others_turn.set()
                await slow.wait()
                return await add(self, f"{name} twice", now)
            return await add(self, name, now)

        monkeypatch.setattr(ensure, slowly)
        first = asyncio.ensure_future(api.post("/tags", json={"name": "a"}, headers=KEY))
        await others_turn.wait()
        clock.forward(HELD_FOR)
        done = await api.post("/tags", json={"name": "a"}, headers=KEY)
        assert done.status_code == 201
        slow.set()
        is_refused(await first, 409)
        assert await count(engine, "tag") == 1
        again(await api.post("/tags", json={"name": "a"}, headers=KEY), done)

    async def test_an_error_of_ours_before_the_deed_leaves_the_key_free(
        self, api: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fails(*_: Any) -> Any:
            raise ConnectionError

        with monkeypatch.context() as patch:
            patch.setattr("services.api.adapters.outbox.SqlOutbox.put", fails)
            is_refused(await api.post("/clients", json=CLIENT, headers=KEY), 503)
        assert await count(engine, "request_key") == 0
        assert (await api.post("/clients", json=CLIENT, headers=KEY)).status_code == 201

    async def test_an_error_of_ours_after_the_deed_does_not(
        self, api: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(_: Any) -> Any:
            raise ConnectionError

        with monkeypatch.context() as patch:
            patch.setattr("services.api.entrypoints.http.tags.TagView.of", fails)
            is_refused(await api.post("/tags", json={"name": "a"}, headers=KEY), 503)
        is_refused(await api.post("/tags", json={"name": "a"}, headers=KEY), 409)
        assert await count(engine, "tag") == 1


class TestUploads:
    async def test_an_import_is_taken_once(
        self, api: httpx.AsyncClient, engine: AsyncEngine
    ) -> None:
        headers = KEY | CSV
        first = await api.post("/clients/import", content=ROWS, headers=headers)
        assert first.status_code == 202
        again(await api.post("/clients/import", content=_pieces(), headers=headers), first)
        other = await api.post("/clients/import", content=ROWS + b"\n", headers=headers)
        is_refused(other, 422)
        assert await count(engine, '"import"') == 1

    async def test_one_that_breaks_off_leaves_the_key_free(
        self, api: httpx.AsyncClient, engine: AsyncEngine
    ) -> None:
        async def breaks() -> AsyncIterator[bytes]:
            yield ROWS
            raise ConnectionError

        broken = await api.post("/clients/import", content=breaks(), headers=KEY | CSV)
        is_refused(broken, 503)
        assert await count(engine, "request_key") == 0
        answer = await api.post("/clients/import", content=ROWS, headers=KEY | CSV)
        assert answer.status_code == 202

    async def test_meanwhile_nobody_else_sends_it(self, api: httpx.AsyncClient) -> None:
        refused: list[httpx.Response] = []

        async def slow() -> AsyncIterator[bytes]:
            yield ROWS
            refused.append(await api.post("/clients/import", content=ROWS, headers=KEY | CSV))

        done = await api.post("/clients/import", content=slow(), headers=KEY | CSV)
        assert done.status_code == 202
        is_refused(refused[0], 409)


async def _pieces() -> AsyncIterator[bytes]:
    for byte in ROWS:
        yield bytes([byte])
