"""Guessing passwords: counted in the database, for accounts that exist and that do not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.api.handlers import auth, users
from services.api.ports import Ports
from tests.integration.services.api.conftest import LOGIN_LIMITS, FakeClock, app_around

EMAIL, PASSWORD = "ann@example.com", "correct horse"
NOBODY = "nobody@example.com"
HERE, PROXY = "203.0.113.7", "198.51.100.1"


@pytest.fixture(autouse=True)
async def ann(ports: Ports) -> None:
    assert await users.ensure_first_admin(ports, EMAIL, PASSWORD)


@asynccontextmanager
async def at(app: Any, address: str = HERE) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at an address."""
    transport = httpx.ASGITransport(app=app, client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


async def log_in(
    app: Any, password: str, *, email: str = EMAIL, address: str = HERE, **headers: str
) -> httpx.Response:
    async with at(app, address) as client:
        body = {"email": email, "password": password}
        return await client.post("/api/v1/auth/login", json=body, headers=headers)


async def guess(app: Any, times: int, **where: str) -> list[int]:
    return [(await log_in(app, "wrong", **where)).status_code for _ in range(times)]


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("carillon_api_logins_total", {"result": result}) or 0.0


async def test_after_some_wrong_passwords_even_the_right_one_has_to_wait(
    app: FastAPI, clock: FakeClock
) -> None:
    before = counted("held_here")
    assert await guess(app, 3) == [401] * 3
    held = await log_in(app, PASSWORD)
    assert held.status_code == 429
    assert held.headers["retry-after"] == "120"
    assert held.headers["content-type"] == "application/problem+json"
    assert held.json()["status"] == 429
    assert counted("held_here") == before + 1
    clock.forward(timedelta(seconds=120))
    assert (await log_in(app, PASSWORD)).status_code == 200


@pytest.mark.parametrize("email", [EMAIL, NOBODY])
async def test_an_account_that_does_not_exist_is_held_just_so(app: FastAPI, email: str) -> None:
    refused = [await log_in(app, "wrong", email=email) for _ in range(5)]
    assert [one.status_code for one in refused] == [401, 401, 401, 429, 429]
    assert refused[3].json()["detail"] == "Too many tries to log in. Try again in 120 s."


async def test_a_stranger_elsewhere_keeps_nobody_out(app: FastAPI) -> None:
    await guess(app, 10, address="192.0.2.9")
    assert (await log_in(app, PASSWORD)).status_code == 200


async def test_strangers_everywhere_keep_out_only_who_was_never_here(
    app: FastAPI, clock: FakeClock
) -> None:
    assert (await log_in(app, PASSWORD)).status_code == 200
    for number in range(4):
        await guess(app, 3, address=f"192.0.2.{number}")
    assert (await log_in(app, PASSWORD, address="192.0.2.200")).status_code == 429
    assert (await log_in(app, PASSWORD)).status_code == 200
    clock.forward(LOGIN_LIMITS.account.pause)
    assert (await log_in(app, PASSWORD, address="192.0.2.200")).status_code == 200


async def test_one_address_cannot_go_through_all_accounts(app: FastAPI) -> None:
    answers = [(await guess(app, 1, email=f"user-{n}@example.com"))[0] for n in range(14)]
    assert answers == [401] * 12 + [429] * 2
    assert await guess(app, 1, email="user-1@example.com", address="192.0.2.9") == [401]


async def test_right_passwords_are_not_counted(app: FastAPI) -> None:
    for _ in range(20):
        assert (await log_in(app, PASSWORD)).status_code == 200


async def test_nor_are_many_of_them_at_the_same_time(app: FastAPI) -> None:
    answers = await asyncio.gather(*(log_in(app, PASSWORD) for _ in range(20)))
    assert [one.status_code for one in answers] == [200] * 20


async def test_many_at_the_same_time_are_not_all_the_first(app: FastAPI) -> None:
    answers = await asyncio.gather(*(log_in(app, "wrong") for _ in range(20)))
    assert sorted(one.status_code for one in answers) == [401] * 3 + [429] * 17


async def test_another_replica_and_one_after_a_restart_count_on(app: FastAPI, ports: Ports) -> None:
    await guess(app, 3)
    other = app_around(ports)
    assert await guess(other, 1) == [429]


async def test_what_is_held_back_costs_no_look_at_a_password(
    app: FastAPI, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    async def matches(password_hash: str | None, password: str) -> bool:
        nonlocal looked
        looked += 1
        return False

    monkeypatch.setattr(ports.passwords, "matches", matches)
    for email in (EMAIL, NOBODY):
        looked = 0
        await guess(app, 6, email=email)
        assert looked == 3


async def test_behind_a_proxy_the_callers_are_told_apart(app: FastAPI) -> None:
    server = cast(Any, ProxyHeadersMiddleware)(app, trusted_hosts=[PROXY])
    for _ in range(4):
        theirs = {"X-Forwarded-For": "192.0.2.9"}
        answer = await log_in(server, "wrong", address=PROXY, **theirs)
    assert answer.status_code == 429
    ours = {"X-Forwarded-For": HERE}
    assert (await log_in(server, PASSWORD, address=PROXY, **ours)).status_code == 200


async def test_a_caller_cannot_say_for_themselves_where_they_are(app: FastAPI) -> None:
    server = cast(Any, ProxyHeadersMiddleware)(app, trusted_hosts=[PROXY])
    for number in range(3):
        lie = {"X-Forwarded-For": f"192.0.2.{number}"}
        assert (await log_in(server, "wrong", **lie)).status_code == 401
    assert (await log_in(server, "wrong", **{"X-Forwarded-For": "192.0.2.77"})).status_code == 429
    # Nor behind the proxy, which puts what it has seen itself at the end.
    for number in range(3):
        lie = {"X-Forwarded-For": f"192.0.2.{number}, 203.0.113.8"}
        await log_in(server, "wrong", address=PROXY, **lie)
    lie = {"X-Forwarded-For": "192.0.2.50, 203.0.113.8"}
    assert (await log_in(server, "wrong", address=PROXY, **lie)).status_code == 429


async def test_nothing_of_what_was_typed_is_kept_nor_anything_for_long(
    app: FastAPI, ports: Ports, engine: AsyncEngine, clock: FakeClock
) -> None:
    await log_in(app, PASSWORD)
    await guess(app, 2, email="my password by mistake")
    async with engine.begin() as connection:
        kept = (await connection.execute(text("SELECT digest FROM login_door"))).scalars().all()
        assert len(kept) == 5
        assert {len(digest) for digest in kept} == {32}
    await auth.sweep_logins(ports)
    assert await rows(engine) == (3, 1)
    clock.forward(timedelta(days=1))
    await auth.sweep_logins(ports)
    assert await rows(engine) == (0, 1)
    clock.forward(timedelta(days=90))
    await auth.sweep_logins(ports)
    assert await rows(engine) == (0, 0)


async def rows(engine: AsyncEngine) -> tuple[int, int]:
    async with engine.begin() as connection:
        doors = await connection.scalar(text("SELECT count(*) FROM login_door"))
        known = await connection.scalar(text("SELECT count(*) FROM login_known"))
    return int(doors or 0), int(known or 0)
