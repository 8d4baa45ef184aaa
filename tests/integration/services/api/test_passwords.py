"""A new password: by who knows the one of before."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.api.domain.users import NewUser, Role
from services.api.handlers.users import ensure_first_admin
from services.api.ports import Ports
from tests.integration.services.api.conftest import a_user, client_of, log_in_as

EMAIL, PASSWORD, NEW = "ann@example.com", "correct horse", "battery staple"


@pytest.fixture(autouse=True)
async def ann(ports: Ports) -> None:
    assert await ensure_first_admin(ports, EMAIL, PASSWORD)


async def log_in(anonymous: httpx.AsyncClient, password: str = PASSWORD) -> httpx.Response:
    body = {"email": EMAIL, "password": password}
    return await anonymous.post("/api/v1/auth/login", json=body)


async def change(
    anonymous: httpx.AsyncClient, token: str, current: str = PASSWORD, new: str = NEW
) -> Any:
    return await anonymous.post(
        "/api/v1/auth/password",
        json={"current_password": current, "new_password": new},
        headers={"Authorization": f"Bearer {token}"},
    )


async def test_it_ends_all_other_sessions(
    anonymous: httpx.AsyncClient, app: FastAPI, api: httpx.AsyncClient
) -> None:
    here, other = [(await log_in(anonymous)).json() for _ in range(2)]
    assert (await change(anonymous, here["access_token"])).status_code == 204
    for token, status in ((here, 200), (other, 401)):
        async with client_of(app, token["access_token"]) as client:
            assert (await client.get("/auth/me")).status_code == status
    stale = {"refresh_token": other["refresh_token"]}
    assert (await anonymous.post("/api/v1/auth/refresh", json=stale)).status_code == 401
    assert (await log_in(anonymous)).status_code == 401
    assert (await log_in(anonymous, NEW)).status_code == 200
    [entry] = (await api.get("/audit?action=users.change_password")).json()["items"]
    assert (entry["action"], entry["user"]["email"]) == ("users.change_password", EMAIL)
    assert entry["facts"] == {"sessions_ended": 1}


async def test_guesses_are_counted_as_tries_to_log_in(anonymous: httpx.AsyncClient) -> None:
    token = (await log_in(anonymous)).json()["access_token"]
    for _ in range(3):
        wrong = await change(anonymous, token, current="wrong")
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["field"] == "current_password"
    held = await change(anonymous, token)
    assert (held.status_code, held.headers["retry-after"]) == (429, "120")
    assert (await log_in(anonymous)).status_code == 429


async def test_right_ones_are_not_counted(anonymous: httpx.AsyncClient) -> None:
    token = (await log_in(anonymous)).json()["access_token"]
    one, other = PASSWORD, NEW
    for _ in range(5):
        assert (await change(anonymous, token, one, other)).status_code == 204
        one, other = other, one


@pytest.mark.parametrize("new", ["short", "x" * 1001])
async def test_a_new_one_is_as_long_as_a_first_one(anonymous: httpx.AsyncClient, new: str) -> None:
    token = (await log_in(anonymous)).json()["access_token"]
    answer = await change(anonymous, token, new=new)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "new_password"


async def test_who_has_none_has_none_to_change(anonymous: httpx.AsyncClient, ports: Ports) -> None:
    bob = await a_user(ports, NewUser("bob@example.com", None, Role.VIEWER))
    token = (await log_in_as(ports, bob)).access_token
    assert (await change(anonymous, token)).status_code == 409
