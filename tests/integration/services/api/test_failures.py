"""When the database is away, and when we are wrong ourselves."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from fastapi import FastAPI

from services.api.adapters.store import SqlTransactions
from services.api.ports import Ports
from shared.runtime.database import engine_lifetime, make_engine
from tests.integration.services.api.conftest import app_around
from tests.support.wire import wire_to

SOON = 6.0  # seconds: the five a request may take, and the machine's own


async def ask(app: FastAPI, token: str) -> tuple[httpx.Response, float]:
    """The answer and the seconds it took."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    started = time.monotonic()
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as api:
        answer = await api.get("/api/v1/clients")
    return answer, time.monotonic() - started


@asynccontextmanager
async def app_on(ports: Ports, url: str) -> AsyncIterator[FastAPI]:
    async with engine_lifetime(make_engine(url, pool=2, application="test")) as engine:
        away = replace(ports, transactions=SqlTransactions(engine))
        yield app_around(away)


def unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


async def test_a_database_that_refuses(ports: Ports, database_url: str, access_token: str) -> None:
    async with wire_to(database_url) as (wire, url), app_on(ports, url) as app:
        wire.cut()
        answer, seconds = await ask(app, access_token)
        unavailable(answer)
        assert seconds < 2


async def test_a_database_that_says_nothing(
    ports: Ports, database_url: str, access_token: str
) -> None:
    async with wire_to(database_url) as (wire, url), app_on(ports, url) as app:
        wire.freeze()
        answer, seconds = await ask(app, access_token)
        unavailable(answer)
        assert seconds < SOON
        wire.mend()


async def test_a_database_that_falls_silent_and_speaks_again(
    ports: Ports, database_url: str, access_token: str
) -> None:
    async with wire_to(database_url) as (wire, url), app_on(ports, url) as app:
        assert (await ask(app, access_token))[0].status_code == 200
        wire.freeze()
        # More at once than there are connections: those who wait for one are told in time, too.
        for answer, seconds in await asyncio.gather(*(ask(app, access_token) for _ in range(5))):
            unavailable(answer)
            assert seconds < SOON
        wire.mend()
        assert (await ask(app, access_token))[0].status_code == 200


async def test_a_database_that_goes_and_comes_back(
    ports: Ports, database_url: str, access_token: str
) -> None:
    async with wire_to(database_url) as (wire, url), app_on(ports, url) as app:
        assert (await ask(app, access_token))[0].status_code == 200
        wire.cut()
        for _ in range(3):
            unavailable((await ask(app, access_token))[0])
        wire.mend()
        assert (await ask(app, access_token))[0].status_code == 200


async def test_our_own_fault_is_told_without_its_insides(ports: Ports, access_token: str) -> None:
    class Broken:
        def begin(self, *, part: bool = False) -> Any:
            raise ZeroDivisionError("secret")

        reading = begin

    broken = replace(ports, transactions=Broken())
    answer, _ = await ask(app_around(broken), access_token)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
