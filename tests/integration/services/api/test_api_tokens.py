"""Tokens for programs: what they open, and that what was taken from them stays shut."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.api_tokens import SHOWN_AFTER_EXPIRY
from services.api.domain.users import NewUser, Role, User
from services.api.entrypoints.http.common import PREFIX
from services.api.entrypoints.http.permissions import API_TOKEN, BY_LOG_IN
from services.api.handlers.api_tokens import write_uses
from services.api.handlers.auth import sweep_logins
from services.api.ports import Ports
from tests.integration.services.api.conftest import (
    FakeClock,
    a_user,
    client_of,
    log_in_as,
)

Json = dict[str, Any]
READS = {"name": "Nightly report", "scopes": ["clients:read", "mailings:read"]}


async def made(api: httpx.AsyncClient, **changes: Any) -> Json:
    answer = await api.post("/auth/tokens", json=READS | changes)
    assert answer.status_code == 201, answer.text
    token: Json = answer.json()
    return token


async def opens(app: FastAPI, key: str, path: str = "/clients") -> int:
    async with client_of(app, key) as program:
        return (await program.get(path)).status_code


async def test_a_token_may_do_what_its_scopes_say_and_no_more(
    api: httpx.AsyncClient, app: FastAPI, admin: User
) -> None:
    token = await made(api)
    assert token["token"].startswith("carillon_")
    async with client_of(app, token["token"]) as program:
        assert (await program.get("/clients")).status_code == 200
        assert (await program.get("/mailings")).status_code == 200
        for path in ("/audit", "/users", "/statistics"):
            assert (await program.get(path)).status_code == 403, path
        client = {"phone": "79161234567", "timezone": "UTC"}
        refused = await program.post("/clients", json=client)
        assert (refused.status_code, refused.json()["detail"]) == (
            403,
            "You need the right clients:write for this.",
        )
        me = (await program.get("/auth/me")).json()
        assert (me["id"], me["rights"]) == (admin.id, ["clients:read", "mailings:read"])


async def test_nor_more_than_its_user_may(
    api: httpx.AsyncClient, app: FastAPI, ports: Ports
) -> None:
    """Who is made less takes their tokens along."""
    ann = await a_user(ports, NewUser("ann@example.com", "", Role.MANAGER))
    async with client_of(app, (await log_in_as(ports, ann)).access_token) as anns:
        key = (await made(anns, scopes=["clients:read", "clients:write"]))["token"]
        beyond = await anns.post("/auth/tokens", json=READS | {"scopes": ["users:write"]})
        assert beyond.status_code == 422
        assert beyond.json()["errors"][0]["field"] == "scopes"
    async with client_of(app, key) as program:
        assert (await program.post("/tags", json={"name": "vip"})).status_code == 201
        await api.patch(f"/users/{ann.id}", json={"role": "viewer"})
        assert (await program.post("/tags", json={"name": "new"})).status_code == 403
        assert (await program.get("/tags")).status_code == 200


async def test_it_is_shown_once_and_kept_as_a_digest(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    token = await made(api)
    key = token.pop("token")
    assert (await api.get("/auth/tokens")).json()["items"] == [token]
    async with engine.connect() as connection:
        for table in ("api_token", "audit"):
            rows = await connection.scalars(text(f"SELECT t::text FROM {table} t"))  # noqa: S608
            kept = rows.all()
            assert kept
            assert key not in str(kept)
            assert key.removeprefix("carillon_") not in str(kept)


async def test_nor_is_it_kept_for_who_asks_again(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    once = {"Idempotency-Key": "the-same"}
    first = await api.post("/auth/tokens", json=READS, headers=once)
    again = await api.post("/auth/tokens", json=READS, headers=once)
    assert (first.status_code, again.status_code) == (201, 409)
    assert len((await api.get("/auth/tokens")).json()["items"]) == 1


async def test_a_revoked_one_is_refused_at_once(
    api: httpx.AsyncClient, app: FastAPI, admin: User
) -> None:
    token = await made(api)
    assert await opens(app, token["token"]) == 200
    path = f"/auth/tokens/{token['id']}"
    assert (await api.delete(path)).status_code == 204
    async with client_of(app, token["token"]) as program:
        refused = await program.get("/clients")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert "revoked" in refused.json()["detail"]
    assert (await api.delete(path)).status_code == 404
    revoked, added = (await api.get("/audit")).json()["items"]
    assert (added["action"], revoked["action"]) == ("api_tokens.add", "api_tokens.revoke")
    assert added["subject"] == revoked["subject"] == f"users/{admin.id}/tokens/{token['id']}"
    assert added["facts"]["scopes"] == READS["scopes"]


async def test_an_expired_one_is_refused_and_listed_a_while(
    api: httpx.AsyncClient, app: FastAPI, ports: Ports, admin: User, clock: FakeClock
) -> None:
    async def listed() -> list[int]:
        async with client_of(app, (await log_in_as(ports, admin)).access_token) as later:
            return [one["id"] for one in (await later.get("/auth/tokens")).json()["items"]]

    token = await made(api, expires_at="2026-11-22T12:00:00Z")
    endless = await made(api)
    clock.forward(timedelta(days=1, seconds=-1))
    assert await opens(app, token["token"]) == 200
    clock.forward(timedelta(seconds=1))
    assert await opens(app, token["token"]) == 401
    assert await opens(app, endless["token"]) == 200
    await sweep_logins(ports)
    assert await listed() == [token["id"], endless["id"]]
    clock.forward(SHOWN_AFTER_EXPIRY + timedelta(seconds=1))
    await sweep_logins(ports)
    assert await listed() == [endless["id"]]


@pytest.mark.parametrize("key", ["carillon_", "carillon_" + 43 * "x", "carillon_\u00e9"])
async def test_what_was_never_one_is_refused(app: FastAPI, admin: User, key: str) -> None:
    headers = {b"Authorization": f"Bearer {key}".encode()}
    async with client_of(app, "") as stranger:
        answer = await stranger.get("/clients", headers=headers)
    assert answer.status_code == 401


async def test_closing_or_removing_the_user_ends_them(
    api: httpx.AsyncClient, app: FastAPI, ports: Ports
) -> None:
    ann = await a_user(ports, NewUser("ann@example.com", "", Role.MANAGER))
    async with client_of(app, (await log_in_as(ports, ann)).access_token) as anns:
        key = (await made(anns))["token"]
    await api.patch(f"/users/{ann.id}", json={"closed": True})
    assert await opens(app, key) == 401
    await api.patch(f"/users/{ann.id}", json={"closed": False})
    assert await opens(app, key) == 401
    async with client_of(app, (await log_in_as(ports, ann)).access_token) as anns:
        key = (await made(anns))["token"]
    assert await opens(app, key) == 200
    assert (await api.delete(f"/users/{ann.id}")).status_code == 204
    assert await opens(app, key) == 401


async def test_an_administrator_sees_and_revokes_those_of_others(
    api: httpx.AsyncClient, app: FastAPI, ports: Ports
) -> None:
    ann = await a_user(ports, NewUser("ann@example.com", "", Role.MANAGER))
    async with client_of(app, (await log_in_as(ports, ann)).access_token) as anns:
        token = await made(anns)
        mine = await made(api)
        assert (await anns.delete(f"/auth/tokens/{mine['id']}")).status_code == 404
    path = f"/users/{ann.id}/tokens"
    [listed] = (await api.get(path)).json()["items"]
    assert listed["id"] == token["id"]
    assert "token" not in listed
    assert (await api.delete(f"{path}/{mine['id']}")).status_code == 404
    assert (await api.delete(f"{path}/{token['id']}")).status_code == 204
    assert await opens(app, token["token"]) == 401
    assert (await api.get(path)).json()["items"] == []
    assert (await api.get("/users/987654321/tokens")).status_code == 404


async def test_when_it_was_last_used_is_written_beside_the_requests(
    api: httpx.AsyncClient, app: FastAPI, ports: Ports, clock: FakeClock
) -> None:
    key = (await made(api))["token"]

    async def last_used() -> Any:
        return (await api.get("/auth/tokens")).json()["items"][0]["last_used_at"]

    await opens(app, key)
    clock.forward(timedelta(seconds=5))
    await opens(app, key)
    assert await last_used() is None
    await write_uses(ports)
    assert await last_used() == "2026-11-21T12:00:05Z"
    assert ports.token_uses.noted() == {}
    async with ports.transactions.begin() as store:  # a replica that is late
        token_id = (await api.get("/auth/tokens")).json()["items"][0]["id"]
        await store.api_tokens.mark_used({token_id: clock.now() - timedelta(hours=1)})
    assert await last_used() == "2026-11-21T12:00:05Z"


async def test_what_an_api_token_does_not_do_for(api: httpx.AsyncClient, app: FastAPI) -> None:
    """Whoever has stolen one makes no other, and shuts nobody out."""
    everything = (await api.get("/auth/me")).json()["rights"]
    key = (await made(api, scopes=everything))["token"]
    paths = app.openapi()["paths"]
    closed = [
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if operation.get(BY_LOG_IN)
    ]
    assert {("post", f"{PREFIX}/auth/tokens"), ("post", f"{PREFIX}/auth/password")} <= set(closed)
    async with client_of(app, key) as program:
        for method, path in closed:
            at = path.removeprefix(PREFIX).format(session_id=1, token_id=1)
            refused = await program.request(method, at)
            assert refused.status_code == 403, (method, path)
            assert "log in" in refused.json()["detail"]
            assert API_TOKEN not in str(paths[path][method]["security"])
    assert (await api.get("/auth/me")).status_code == 200


async def test_what_was_done_with_one_says_so(api: httpx.AsyncClient, app: FastAPI) -> None:
    token = await made(api, scopes=["users:write"])
    async with client_of(app, token["token"]) as program:
        assert (await program.post("/departments", json={"name": "Desk"})).status_code == 201
    by_program, by_hand = (await api.get("/audit")).json()["items"]
    assert (by_program["token_id"], by_hand["token_id"]) == (token["id"], None)


async def test_the_documentation_knows_both_ways(app: FastAPI) -> None:
    document = app.openapi()
    schemes = document["components"]["securitySchemes"]
    assert schemes[API_TOKEN]["scheme"] == "bearer"
    ways = [next(iter(way)) for way in document["paths"][f"{PREFIX}/clients"]["get"]["security"]]
    assert sorted(ways) == [API_TOKEN, "OAuth2PasswordBearer"]
