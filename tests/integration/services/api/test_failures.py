"""When the database is away, and when we are wrong ourselves."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.api.adapters import store
from services.api.adapters.store import SqlTransactions
from services.api.entrypoints.http.app import create_app
from services.api.ports import Ports
from shared.runtime.database import make_engine


async def ask(app: FastAPI, token: str) -> tuple[httpx.Response, float]:
    """The answer and the seconds it took."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    started = time.monotonic()
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as api:
        answer = await api.get("/api/v1/clients")
    return answer, time.monotonic() - started


async def app_on(ports: Ports, port: int) -> AsyncIterator[FastAPI]:
    engine = make_engine(f"postgresql+asyncpg://a:b@127.0.0.1:{port}/x", pool=2, application="t")
    away = replace(ports, transactions=SqlTransactions(engine))
    yield create_app(away, service_token="", import_max_bytes=1)
    await engine.dispose()


def unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


async def test_a_database_that_refuses(ports: Ports, access_token: str) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async for app in app_on(ports, port):
        answer, seconds = await ask(app, access_token)
        unavailable(answer)
        assert seconds < 1


async def test_a_database_that_says_nothing(
    ports: Ports, access_token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1")
    async for app in app_on(ports, server.sockets[0].getsockname()[1]):
        answer, seconds = await ask(app, access_token)
        unavailable(answer)
        assert seconds < 6
    server.close()


async def test_our_own_fault_is_told_without_its_insides(ports: Ports, access_token: str) -> None:
    class Broken:
        def begin(self) -> Any:
            raise ZeroDivisionError("secret")

    app = create_app(replace(ports, transactions=Broken()), service_token="", import_max_bytes=1)
    answer, _ = await ask(app, access_token)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


def test_a_request_has_less_than_five_seconds() -> None:
    assert store.REQUEST_LIMIT < 5
