"""Who makes themselves an account: the first, who is invited, anybody, nobody."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.invitations import Registration, RegistrationMode
from services.api.domain.users import User
from services.api.handlers.auth import sweep_logins
from services.api.ports import Ports
from tests.integration.services.api.conftest import FakeClock, app_around, client_of

Json = dict[str, Any]
EMAIL, PASSWORD = "ann@example.com", "correct horse"
ANN = {"email": EMAIL, "password": PASSWORD}


def where(ports: Ports, mode: RegistrationMode, *, first_may: bool = True) -> FastAPI:
    there = replace(ports, registration=Registration(mode, first_may))
    return app_around(there)


async def register(app: FastAPI, **body: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x/api/v1") as stranger:
        return await stranger.post("/auth/register", json=ANN | body)


async def me(app: FastAPI, email: str = EMAIL) -> Json:
    """What they may do after they have logged in."""
    async with client_of(app, "") as client:
        body = {"email": email, "password": PASSWORD}
        token = (await client.post("/auth/login", json=body)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        told: Json = (await client.get("/auth/me")).json()
        return told


async def invited(api: httpx.AsyncClient, **fields: Any) -> Json:
    answer = await api.post("/users/invitations", json={"email": EMAIL} | fields)
    assert answer.status_code == 201, answer.text
    invitation: Json = answer.json()
    assert answer.headers["location"] == f"/api/v1/users/invitations/{invitation['id']}"
    return invitation


async def test_the_first_account_of_all_administers(app: FastAPI) -> None:
    made = await register(app)
    assert made.status_code == 201
    told = await me(app)
    assert told == made.json()
    assert (told["role"], told["may_launch"]) == ("admin", True)
    assert (await register(app, email="bob@example.com")).status_code == 403


async def test_of_many_at_a_time_one_is_the_first(ports: Ports) -> None:
    app = where(ports, RegistrationMode.OPEN)
    made = await asyncio.gather(*(register(app, email=f"u{n}@example.com") for n in range(6)))
    roles = [one.json()["role"] for one in made]
    assert sorted(roles) == ["admin"] + ["viewer"] * 5


async def test_nobody_is_quicker_than_the_administrator_who_is_named(ports: Ports) -> None:
    app = where(ports, RegistrationMode.OPEN, first_may=False)
    assert (await register(app)).status_code == 403


async def test_where_it_is_closed_nobody_registers(ports: Ports, api: httpx.AsyncClient) -> None:
    token = (await invited(api))["token"]
    closed = where(ports, RegistrationMode.CLOSED)
    assert (await register(closed)).status_code == 403
    assert (await register(closed, invitation=token)).status_code == 403
    async with client_of(closed, api.headers["Authorization"].removeprefix("Bearer ")) as admin:
        refused = await admin.post("/users/invitations", json={"email": EMAIL})
        assert refused.status_code == 409


async def test_who_is_invited_becomes_what_the_invitation_says_once(
    app: FastAPI, api: httpx.AsyncClient
) -> None:
    desk = (await api.post("/departments", json={"name": "Desk"})).json()["id"]
    invitation = await invited(api, role="manager", may_launch=True, departments=[desk])
    assert (await api.delete(f"/departments/{desk}")).status_code == 409
    made = await register(app, email=EMAIL.upper(), invitation=invitation["token"])
    assert made.status_code == 201
    ann = await me(app)
    assert (ann["role"], ann["may_launch"], ann["departments"]) == ("manager", True, [desk])
    again = await register(app, email=EMAIL, invitation=invitation["token"])
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "invitation")
    assert (await api.get("/users/invitations")).json()["items"] == []
    noted = (await api.get("/audit")).json()["items"]
    entries = [one for one in noted if not one["action"].startswith("sessions.")][:2]
    assert [one["action"] for one in entries] == ["users.register", "invitations.add"]
    assert entries[0]["facts"]["invitation_id"] == invitation["id"]
    assert entries[0]["user"]["id"] == ann["id"]


async def test_of_two_with_one_token_one_is_let_in(app: FastAPI, api: httpx.AsyncClient) -> None:
    token = (await invited(api))["token"]
    answers = await asyncio.gather(*(register(app, invitation=token) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 422, 422, 422]


async def test_an_invitation_that_is_not_good_is_refused(
    app: FastAPI, api: httpx.AsyncClient, ports: Ports, clock: FakeClock
) -> None:
    taken_back, others = await invited(api), await invited(api, valid_days=1)
    path = f"/users/invitations/{taken_back['id']}"
    assert (await api.delete(path)).status_code == 204
    assert (await api.delete(path)).status_code == 404
    tokens = {
        "revoked": (taken_back["token"], EMAIL),
        "another's": (others["token"], "bob@example.com"),
        "unknown": ("x" * 43, EMAIL),
    }
    told = {
        name: await register(app, email=email, invitation=token)
        for name, (token, email) in tokens.items()
    }
    clock.forward(timedelta(days=1))
    told["over"] = await register(app, invitation=others["token"])
    assert {one.status_code for one in told.values()} == {422}
    assert len({one.json()["errors"][0]["reason"] for one in told.values()}) == 1
    clock.forward(timedelta(days=31))
    await sweep_logins(ports)
    async with ports.transactions.reading() as store:
        assert await store.invitations.page(0, 10) == []


async def test_a_token_is_shown_once_and_kept_as_a_digest(
    api: httpx.AsyncClient, engine: AsyncEngine, admin: User
) -> None:
    invitation = await invited(api)
    token = invitation.pop("token")
    assert invitation.pop("mailed") is False
    assert (await api.get("/users/invitations")).json()["items"] == [invitation]
    assert invitation["invited_by"] == admin.id
    async with engine.connect() as connection:
        for table in ("invitation", "invitation_token", "audit"):
            rows = await connection.scalars(text(f"SELECT t::text FROM {table} t"))  # noqa: S608
            kept = rows.all()
            assert kept
            assert token not in str(kept)


async def test_what_is_wrong_with_an_invitation_is_said(
    api: httpx.AsyncClient, admin: User
) -> None:
    for body, field in (
        ({"email": "nobody"}, "email"),
        ({"role": "king"}, "role"),
        ({"departments": [77]}, "departments"),
        ({"valid_days": 0}, "valid_days"),
        ({"valid_days": 91}, "valid_days"),
    ):
        answer = await api.post("/users/invitations", json={"email": EMAIL} | body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
    known = await api.post("/users/invitations", json={"email": admin.email.upper()})
    assert known.status_code == 409


async def test_without_an_invitation_nobody_learns_who_has_an_account(
    app: FastAPI, api: httpx.AsyncClient, admin: User
) -> None:
    known = await register(app, email=admin.email)
    unknown = await register(app, email="nobody@example.com")
    assert (known.status_code, known.json()["detail"]) == (403, unknown.json()["detail"])


async def test_where_it_is_open_anybody_becomes_a_viewer(
    ports: Ports, api: httpx.AsyncClient, admin: User
) -> None:
    app = where(ports, RegistrationMode.OPEN)
    assert (await register(app)).status_code == 201
    ann = await me(app)
    assert (ann["role"], ann["may_launch"]) == ("viewer", False)
    for email in (EMAIL.upper(), admin.email):
        known = await register(app, email=email)
        assert (known.status_code, known.json()["errors"][0]["field"]) == (409, "email")
        assert f"User {admin.id}" not in known.text
    token = (await invited(api, email="bob@example.com", role="manager"))["token"]
    bob = await register(app, email="bob@example.com", invitation=token)
    assert bob.json()["role"] == "manager"


async def test_from_one_address_not_many_are_tried(ports: Ports, api: httpx.AsyncClient) -> None:
    app = where(ports, RegistrationMode.OPEN)
    made = [await register(app, email=f"u{n}@example.com") for n in range(14)]
    assert [one.status_code for one in made] == [201] * 12 + [429] * 2
    assert int(made[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_what_is_wrong_with_who_registers_is_said(
    app: FastAPI, body: Json, field: str
) -> None:
    answer = await register(app, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
