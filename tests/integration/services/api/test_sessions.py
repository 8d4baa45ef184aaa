"""Log-ins that can be ended, and tokens in the hands of others."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.users import Tokens
from services.api.handlers.auth import sweep_logins
from services.api.handlers.users import ensure_first_admin
from services.api.ports import Ports
from tests.integration.services.api.conftest import FakeClock

LOGIN = {"email": "ann@example.com", "password": "correct horse"}


@pytest.fixture(autouse=True)
async def ann(ports: Ports) -> None:
    assert await ensure_first_admin(ports, LOGIN["email"], LOGIN["password"])


async def log_in(anonymous: httpx.AsyncClient) -> Tokens:
    return tokens_of(await anonymous.post("/api/v1/auth/login", json=LOGIN))


async def refresh(anonymous: httpx.AsyncClient, token: str) -> httpx.Response:
    return await anonymous.post("/api/v1/auth/refresh", json={"refresh_token": token})


def tokens_of(answer: httpx.Response) -> Tokens:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return Tokens(told["access_token"], told["refresh_token"], told["expires_in"])


async def see(
    anonymous: httpx.AsyncClient, token: str, method: str = "GET", what: str = "me"
) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return await anonymous.request(method, f"/api/v1/auth/{what}", headers=headers)


async def test_after_a_logout_no_token_of_the_session_is_good(
    anonymous: httpx.AsyncClient,
) -> None:
    tokens, others = await log_in(anonymous), await log_in(anonymous)
    assert (await see(anonymous, tokens.access_token, "POST", "logout")).status_code == 204
    refused = await see(anonymous, tokens.access_token)
    assert refused.status_code == 401
    assert refused.json()["detail"] == "This log-in has ended; log in again."
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert (await refresh(anonymous, tokens.refresh_token)).status_code == 401
    assert (await see(anonymous, others.access_token)).status_code == 200


async def test_a_refresh_token_is_good_once(anonymous: httpx.AsyncClient) -> None:
    first = await log_in(anonymous)
    second = tokens_of(await refresh(anonymous, first.refresh_token))
    third = tokens_of(await refresh(anonymous, second.refresh_token))
    assert (await see(anonymous, first.access_token)).status_code == 200
    assert (await see(anonymous, third.access_token)).status_code == 200


async def test_one_that_was_used_ends_the_session_for_whoever_has_its_tokens(
    anonymous: httpx.AsyncClient,
) -> None:
    """The owner has refreshed; a thief comes with the token of before."""
    stolen, others = await log_in(anonymous), await log_in(anonymous)
    owners = tokens_of(await refresh(anonymous, stolen.refresh_token))
    thiefs = await refresh(anonymous, stolen.refresh_token)
    assert thiefs.status_code == 401
    [error] = thiefs.json()["errors"]
    assert error["field"] == "refresh_token"
    assert "used before" in error["reason"]
    assert (await see(anonymous, owners.access_token)).status_code == 401
    assert (await refresh(anonymous, owners.refresh_token)).status_code == 401
    assert (await see(anonymous, others.access_token)).status_code == 200


async def test_a_session_lives_as_long_as_it_is_refreshed(
    anonymous: httpx.AsyncClient, clock: FakeClock
) -> None:
    tokens = await log_in(anonymous)
    for _ in range(4):
        clock.forward(timedelta(days=13))
        tokens = tokens_of(await refresh(anonymous, tokens.refresh_token))
    clock.forward(timedelta(days=14))
    assert (await refresh(anonymous, tokens.refresh_token)).status_code == 401


async def test_a_closed_account_is_shut_at_once(
    anonymous: httpx.AsyncClient, ports: Ports, api: httpx.AsyncClient
) -> None:
    tokens = await log_in(anonymous)
    me = (await see(anonymous, tokens.access_token)).json()
    closed = await api.patch(f"/users/{me['id']}", json={"closed": True})
    assert closed.json()["closed"] is True
    assert (await see(anonymous, tokens.access_token)).status_code == 401
    assert (await refresh(anonymous, tokens.refresh_token)).status_code == 401
    again = await anonymous.post("/api/v1/auth/login", json=LOGIN)
    assert (again.status_code, again.json()["detail"]) == (401, "This account is closed.")
    wrong = await anonymous.post("/api/v1/auth/login", json=LOGIN | {"password": "wrong"})
    assert "password is wrong" in wrong.json()["detail"]
    opened = await api.patch(f"/users/{me['id']}", json={"closed": False})
    assert opened.status_code == 200
    assert (await see(anonymous, tokens.access_token)).status_code == 401
    await log_in(anonymous)


async def test_ones_own_sessions_are_listed_and_ended(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient, clock: FakeClock
) -> None:
    first, second = await log_in(anonymous), await log_in(anonymous)
    clock.forward(timedelta(minutes=5))
    first = tokens_of(await refresh(anonymous, first.refresh_token))
    listed = (await see(anonymous, first.access_token, what="sessions")).json()["items"]
    assert [one["current"] for one in listed] == [True, False]
    assert [one["refreshed_at"] for one in listed] == ["2026-11-21T12:05:00Z", None]
    assert listed[0]["created_at"] == "2026-11-21T12:00:00Z"
    assert listed[0]["address"] == "127.0.0.1"
    others = f"sessions/{listed[1]['id']}"
    assert (await api.delete(f"/auth/{others}")).status_code == 404
    assert (await see(anonymous, first.access_token, "DELETE", others)).status_code == 204
    assert (await see(anonymous, second.access_token)).status_code == 401
    assert (await see(anonymous, first.access_token, "DELETE", others)).status_code == 404
    entry = (await api.get("/audit")).json()["items"][0]
    assert entry["action"] == "users.end_sessions"
    assert entry["facts"] == {"session_id": listed[1]["id"]}


async def test_all_others_are_ended_at_once(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    here, phone, desk = [await log_in(anonymous) for _ in range(3)]
    assert (await see(anonymous, here.access_token, "DELETE", "sessions")).status_code == 204
    assert (await see(anonymous, here.access_token)).status_code == 200
    for one in (phone, desk):
        assert (await see(anonymous, one.access_token)).status_code == 401
        assert (await refresh(anonymous, one.refresh_token)).status_code == 401
    assert (await api.get("/auth/me")).status_code == 200  # somebody else's


async def test_sessions_that_are_over_are_swept(
    anonymous: httpx.AsyncClient, ports: Ports, clock: FakeClock, engine: AsyncEngine
) -> None:
    await log_in(anonymous)
    clock.forward(timedelta(days=10))
    await log_in(anonymous)
    clock.forward(timedelta(days=5))
    await sweep_logins(ports)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM session")) == 1
