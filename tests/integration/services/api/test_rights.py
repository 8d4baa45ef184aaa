"""Every route with every role."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest_asyncio
from fastapi import FastAPI

from services.api.domain.rights import Right
from services.api.domain.users import NewUser, Role
from services.api.entrypoints.http.common import PREFIX
from services.api.entrypoints.http.permissions import NEEDS
from services.api.ports import Ports
from tests.integration.services.api.conftest import a_user, client_of, log_in_as

# v: viewer, m: manager, l: manager who may launch, a: administrator, b: administrator who may
ROLES = {
    "v": NewUser("viewer@example.com", "", Role.VIEWER, may_launch=True),
    "m": NewUser("manager@example.com", "", Role.MANAGER),
    "l": NewUser("launcher@example.com", "", Role.MANAGER, may_launch=True),
    "a": NewUser("admin@example.com", "", Role.ADMIN),
    "b": NewUser("boss@example.com", "", Role.ADMIN, may_launch=True),
}
EVERYBODY, WRITERS, LAUNCHERS, ADMINS = "vmlab", "mlab", "lb", "ab"
STRANGERS = "strangers too"

MAY = {
    "POST /auth/login": STRANGERS,
    "POST /auth/refresh": STRANGERS,
    "POST /auth/register": STRANGERS,
    "GET /auth/oidc/login": STRANGERS,
    "GET /auth/oidc/callback": STRANGERS,
    "POST /auth/oidc/token": STRANGERS,
    "POST /auth/password/forgot": STRANGERS,
    "POST /auth/password/reset": STRANGERS,
    "POST /receipts/{provider}": STRANGERS,
    "POST /auth/logout": EVERYBODY,
    "GET /auth/me": EVERYBODY,
    "GET /auth/sessions": EVERYBODY,
    "DELETE /auth/sessions": EVERYBODY,
    "DELETE /auth/sessions/{session_id}": EVERYBODY,
    "POST /auth/password": EVERYBODY,
    "GET /auth/tokens": EVERYBODY,
    "POST /auth/tokens": EVERYBODY,
    "DELETE /auth/tokens/{token_id}": EVERYBODY,
    "GET /users/{user_id}/tokens": ADMINS,
    "DELETE /users/{user_id}/tokens/{token_id}": ADMINS,
    "GET /users/invitations": ADMINS,
    "POST /users/invitations": ADMINS,
    "DELETE /users/invitations/{invitation_id}": ADMINS,
    "GET /users": ADMINS,
    "POST /users": ADMINS,
    "GET /users/{user_id}": ADMINS,
    "PATCH /users/{user_id}": ADMINS,
    "DELETE /users/{user_id}": ADMINS,
    "GET /departments": EVERYBODY,
    "POST /departments": ADMINS,
    "GET /departments/{department_id}": EVERYBODY,
    "PATCH /departments/{department_id}": ADMINS,
    "DELETE /departments/{department_id}": ADMINS,
    "GET /clients": EVERYBODY,
    "POST /clients": WRITERS,
    "GET /clients/{client_id}": EVERYBODY,
    "PUT /clients/{client_id}": WRITERS,
    "PATCH /clients/{client_id}": WRITERS,
    "DELETE /clients/{client_id}": WRITERS,
    "GET /clients/{client_id}/explain": EVERYBODY,
    "GET /clients/{client_id}/data": ADMINS,
    "POST /clients/{client_id}/erase": WRITERS,
    "POST /clients/import": WRITERS,
    "GET /clients/export": EVERYBODY,
    "POST /clients/bulk": WRITERS,
    "GET /clients/bulk": EVERYBODY,
    "GET /clients/bulk/{bulk_id}": EVERYBODY,
    "GET /imports": EVERYBODY,
    "GET /imports/{import_id}": EVERYBODY,
    "GET /imports/{import_id}/errors": EVERYBODY,
    "GET /policies/blocks": EVERYBODY,
    "POST /policies/blocks": WRITERS,
    "GET /policies/blocks/{block_id}": EVERYBODY,
    "DELETE /policies/blocks/{block_id}": WRITERS,
    "GET /tags": EVERYBODY,
    "POST /tags": WRITERS,
    "GET /tags/{tag}": EVERYBODY,
    "DELETE /tags/{tag}": WRITERS,
    "GET /mailings": EVERYBODY,
    "POST /mailings": WRITERS,
    "POST /mailings/preview": EVERYBODY,
    "GET /mailings/{mailing_id}": EVERYBODY,
    "PUT /mailings/{mailing_id}": WRITERS,
    "PATCH /mailings/{mailing_id}": WRITERS,
    "DELETE /mailings/{mailing_id}": WRITERS,
    "POST /mailings/{mailing_id}/clone": WRITERS,
    "GET /mailings/{mailing_id}/plan": EVERYBODY,
    "GET /mailings/{mailing_id}/revisions": EVERYBODY,
    "POST /mailings/{mailing_id}/launch": LAUNCHERS,
    "POST /mailings/{mailing_id}/pause": WRITERS,
    "POST /mailings/{mailing_id}/resume": LAUNCHERS,
    "POST /mailings/{mailing_id}/cancel": WRITERS,
    "POST /mailings/{mailing_id}/test-send": WRITERS,
    "GET /mailings/{mailing_id}/statistics": EVERYBODY,
    "GET /mailings/{mailing_id}/messages": EVERYBODY,
    "GET /statistics": EVERYBODY,
    "GET /messages/{message_id}": EVERYBODY,
    "GET /dead-letters": EVERYBODY,
    "GET /dead-letters/parked": EVERYBODY,
    "DELETE /dead-letters/parked/{parked_id}": WRITERS,
    "POST /dead-letters/replay": LAUNCHERS,
    "POST /dead-letters/resolve": WRITERS,
    "GET /webhooks": ADMINS,
    "POST /webhooks": ADMINS,
    "GET /webhooks/{webhook_id}": ADMINS,
    "PATCH /webhooks/{webhook_id}": ADMINS,
    "DELETE /webhooks/{webhook_id}": ADMINS,
    "POST /webhooks/{webhook_id}/secret": ADMINS,
    "POST /webhooks/{webhook_id}/test": ADMINS,
    "GET /webhooks/{webhook_id}/deliveries": ADMINS,
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/replay": ADMINS,
    "GET /audit": ADMINS,
    "GET /audit/export": ADMINS,
}
# What the bodies of these are wrong in is told before what is done with them.
NOBODYS = 987_654_321


def routes(app: FastAPI) -> dict[str, dict[str, Any]]:
    """What is documented of each, by method and path."""
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}": operation
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }


@pytest_asyncio.fixture
async def everybody(app: FastAPI, ports: Ports) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A client of the API for each role."""
    async with AsyncExitStack() as stack:
        yield {
            letter: await stack.enter_async_context(
                client_of(app, (await log_in_as(ports, await a_user(ports, new))).access_token)
            )
            for letter, new in ROLES.items()
        }


def test_the_table_has_every_route(app: FastAPI) -> None:
    assert set(MAY) == set(routes(app))


def test_every_closed_route_says_what_it_needs(app: FastAPI) -> None:
    silent = {name for name, operation in routes(app).items() if NEEDS not in operation}
    assert silent == {name for name, who in MAY.items() if who == STRANGERS}


async def test_every_route_with_every_role(everybody: dict[str, httpx.AsyncClient]) -> None:
    """Things that are not there, and bodies that are empty: whoever may gets far enough to be told
    so, and nothing happens. Logging out comes last, or nothing else would be tried."""
    wrong = []
    for name, may in sorted(MAY.items(), key=lambda one: "logout" in one[0]):
        method, path = name.split()
        path = re.sub(r"\{\w+\}", str(NOBODYS), path)
        for letter, api in everybody.items():
            status = (await api.request(method, path)).status_code
            allowed = may == STRANGERS or letter in may
            if (status == 403) is allowed or (status == 401 and may != STRANGERS):
                wrong.append((name, letter, status))
    assert wrong == []


def test_the_documentation_says_what_a_route_needs(app: FastAPI) -> None:
    launch = routes(app)["POST /mailings/{mailing_id}/launch"]
    assert launch[NEEDS] == ["mailings:launch"]
    assert "Needs `mailings:launch`." in launch["description"]
    assert "403" in launch["responses"]
    assert "403" not in routes(app)["GET /auth/me"]["responses"]


async def test_a_mailing_can_be_written_without_the_right_to_launch_but_not_launched(
    everybody: dict[str, httpx.AsyncClient],
) -> None:
    body = {"text": "Hi", "starts_at": "2026-12-01T00:00Z", "ends_at": "2026-12-02T00:00Z"}
    writer, launcher = everybody["m"], everybody["l"]
    refused = await writer.post("/mailings", json=body)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"] == f"You need the right {Right.MAILINGS_LAUNCH} for this."
    draft = await writer.post("/mailings", json=body | {"draft": True})
    assert draft.status_code == 201
    path = f"/mailings/{draft.json()['id']}/launch"
    assert (await writer.post(path)).status_code == 403
    assert (await launcher.post(path)).status_code == 200
    assert (await launcher.post("/mailings", json=body)).status_code == 201
