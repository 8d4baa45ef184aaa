"""Logging in, and that nothing is open to those who have not."""

from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from services.api.domain.users import User
from services.api.handlers.users import ensure_first_admin
from services.api.ports import Ports
from tests.integration.services.api.conftest import NOW, SECRET, FakeClock

EMAIL, PASSWORD = "Admin@example.com", "correct horse"
LOGIN = {"email": EMAIL, "password": PASSWORD}

DOORS = (
    *("login", "refresh", "register", "password/forgot", "password/reset"),
    *("oidc/login", "oidc/callback", "oidc/token"),
)
# Receipts bear a signature instead; what is told of without one stands in test_receipts.
OPEN = {f"/api/v1/auth/{door}" for door in DOORS} | {"/api/v1/receipts/{provider}"}


@pytest.fixture
async def first_admin(ports: Ports) -> None:
    assert await ensure_first_admin(ports, EMAIL, PASSWORD)


async def log_in(anonymous: httpx.AsyncClient) -> dict[str, Any]:
    answer = await anonymous.post("/api/v1/auth/login", json=LOGIN)
    assert answer.status_code == 200
    tokens: dict[str, Any] = answer.json()
    return tokens


async def get_me(anonymous: httpx.AsyncClient, token: str) -> httpx.Response:
    return await anonymous.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.usefixtures("first_admin")
async def test_log_in_and_see_who_one_is(anonymous: httpx.AsyncClient) -> None:
    tokens = await log_in(anonymous)
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 3600
    me = (await get_me(anonymous, tokens["access_token"])).json()
    assert (me["email"], me["role"]) == (EMAIL, "admin")


@pytest.mark.usefixtures("first_admin")
async def test_the_form_of_oauth_works_too_and_the_address_in_any_case(
    anonymous: httpx.AsyncClient,
) -> None:
    form = {"grant_type": "password", "username": EMAIL.upper(), "password": PASSWORD, "scope": ""}
    answer = await anonymous.post("/api/v1/auth/login", data=form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("first_admin")
async def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
    anonymous: httpx.AsyncClient,
) -> None:
    anonymous.headers["X-Request-ID"] = "the-same"
    wrong = await anonymous.post("/api/v1/auth/login", json=LOGIN | {"password": "wrong"})
    unknown = await anonymous.post("/api/v1/auth/login", json=LOGIN | {"email": "eve@example.com"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text == unknown.text
    assert wrong.headers["www-authenticate"] == "Bearer"


@pytest.mark.usefixtures("first_admin")
async def test_new_tokens_for_a_refresh_token(
    anonymous: httpx.AsyncClient, clock: FakeClock
) -> None:
    tokens = await log_in(anonymous)
    clock.forward(timedelta(hours=2))
    assert (await get_me(anonymous, tokens["access_token"])).status_code == 401
    body = {"refresh_token": tokens["refresh_token"]}
    fresh = await anonymous.post("/api/v1/auth/refresh", json=body)
    assert (await get_me(anonymous, fresh.json()["access_token"])).status_code == 200


async def test_a_bad_refresh_token_is_named(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.post("/api/v1/auth/refresh", json={"refresh_token": "garbage"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["field"] == "refresh_token"


async def test_a_token_of_a_user_who_is_gone(
    api: httpx.AsyncClient, ports: Ports, admin: User
) -> None:
    async with ports.transactions.begin() as store:
        await store.users.remove(admin.id)
    assert (await api.get("/auth/me")).status_code == 401


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "No access token was given."),
        ("Bearer", "The header must be"),
        ("Basic YTpi", "The header must be"),
        ("Bearer garbage", "not a valid access token"),
    ],
)
async def test_what_is_wrong_with_a_token_is_said(
    anonymous: httpx.AsyncClient, header: str | None, detail: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await anonymous.get("/api/v1/clients", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert detail in answer.json()["detail"]


async def test_an_expired_token_is_named(
    anonymous: httpx.AsyncClient, access_token: str, clock: FakeClock
) -> None:
    clock.forward(timedelta(hours=1))
    answer = await get_me(anonymous, access_token)
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_what_forgers_bring_is_refused(
    anonymous: httpx.AsyncClient, access_token: str
) -> None:
    """Each is the good token but for one thing; the good one itself opens the door."""
    claims = jwt.decode(access_token, options={"verify_signature": False})
    again = jwt.encode(claims, SECRET, "HS256")
    assert (await get_me(anonymous, again)).status_code == 200
    for forged in (
        jwt.encode(claims, "", "none"),
        jwt.encode(claims | {"aud": "another-api"}, SECRET, "HS256"),
        jwt.encode(claims | {"iss": "somebody"}, SECRET, "HS256"),
        jwt.encode(claims | {"typ": "refresh"}, SECRET, "HS256"),
        jwt.encode(claims | {"exp": int(NOW.timestamp())}, SECRET, "HS256"),
        jwt.encode(claims, "the key of before, which is named no more", "HS256"),
        jwt.encode(claims, SECRET * 2, "HS512"),
    ):
        answer = await get_me(anonymous, forged)
        assert answer.status_code == 401, forged
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_every_route_is_closed(anonymous: httpx.AsyncClient) -> None:
    """Even to a body that is no JSON: a stranger learns nothing about what we expect."""
    paths = (await anonymous.get("/openapi.json")).json()["paths"]
    closed = [(path, method) for path in paths if path not in OPEN for method in paths[path]]
    assert len(closed) > 20
    for path, method in closed:
        answer = await anonymous.request(method, path, content=b"{")
        assert answer.status_code == 401, (path, method)


async def test_the_first_admin_is_made_once_and_keeps_their_password(
    ports: Ports, anonymous: httpx.AsyncClient
) -> None:
    assert await ensure_first_admin(ports, EMAIL, PASSWORD)
    assert not await ensure_first_admin(ports, EMAIL.lower(), "another password")
    await log_in(anonymous)
