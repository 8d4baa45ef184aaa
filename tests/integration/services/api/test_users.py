"""Users and departments: who administers whom, and who sees whose mailings."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.api.domain.users import NewUser, Role, User
from services.api.ports import Ports
from shared.contracts.statuses import Status
from tests.integration.services.api.conftest import (
    FakeDeadLetters,
    FakeStatistics,
    a_user,
    client_of,
    log_in_as,
)

Json = dict[str, Any]
ANN = {"email": "ann@example.com", "password": "correct horse", "role": "manager"}
MAILING = {
    "text": "Hi",
    "starts_at": "2026-12-01T00:00Z",
    "ends_at": "2026-12-02T00:00Z",
    "draft": True,
}


async def made(api: httpx.AsyncClient, path: str, body: Json) -> Json:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    thing: Json = answer.json()
    assert answer.headers["location"] == f"/api/v1{path}/{thing['id']}"
    return thing


async def audit(api: httpx.AsyncClient) -> list[Json]:
    """Newest first."""
    entries: list[Json] = (await api.get("/audit")).json()["items"]
    return entries


def fields(answer: httpx.Response, status: int) -> list[str]:
    assert answer.status_code == status, answer.text
    return [error["field"] for error in answer.json()["errors"]]


async def test_a_user_is_added_logs_in_and_is_changed(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    support = await made(api, "/departments", {"name": "Support"})
    ann = await made(api, "/users", ANN | {"departments": [support["id"]], "may_launch": True})
    assert (ann["role"], ann["departments"]) == ("manager", [support["id"]])
    assert "mailings:launch" in ann["rights"]
    login = {"email": "ANN@example.com", "password": ANN["password"]}
    token = (await anonymous.post("/api/v1/auth/login", json=login)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    me = (await anonymous.get("/api/v1/auth/me", headers=headers)).json()
    assert me == ann
    changed = await api.patch(f"/users/{ann['id']}", json={"role": "viewer", "departments": []})
    assert changed.json() == (await api.get(f"/users/{ann['id']}")).json()
    me = (await anonymous.get("/api/v1/auth/me", headers=headers)).json()
    assert (me["role"], me["departments"]) == ("viewer", [])
    assert "clients:write" not in me["rights"]
    entry = (await audit(api))[0]
    assert (entry["action"], entry["subject"]) == ("users.change", f"users/{ann['id']}")
    assert entry["facts"]["before"]["role"] == "manager"
    assert entry["facts"]["after"]["departments"] == []
    assert ANN["password"] not in str(await audit(api))


async def test_lists_are_filtered_and_paged(api: httpx.AsyncClient, admin: User) -> None:
    desk = await made(api, "/departments", {"name": "Desk"})
    inside = {"departments": [desk["id"]]}
    ids = [
        (await made(api, "/users", ANN | inside | {"email": f"u{n}@example.com"}))["id"]
        for n in range(3)
    ]
    page = (await api.get("/users", params={"role": "manager", "limit": 2})).json()
    rest = (
        await api.get("/users", params={"role": "manager", "cursor": page["next_cursor"]})
    ).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == ids
    found = (await api.get("/users", params={"email": "U1@example.com"})).json()["items"]
    assert [one["id"] for one in found] == [ids[1]]
    found = (await api.get("/users", params={"department_id": desk["id"]})).json()["items"]
    assert [one["id"] for one in found] == ids
    assert len((await api.get("/users")).json()["items"]) == 4


async def test_what_is_wrong_with_a_user_is_said(api: httpx.AsyncClient, admin: User) -> None:
    for body, wrong in (
        (ANN | {"email": "nobody"}, ["email"]),
        (ANN | {"password": "short"}, ["password"]),
        (ANN | {"role": "king"}, ["role"]),
        (ANN | {"departments": [77]}, ["departments"]),
        (ANN | {"may_launch": "yes"}, ["may_launch"]),
    ):
        assert fields(await api.post("/users", json=body), 422) == wrong
    taken = await api.post("/users", json=ANN | {"email": "ADMIN@example.com"})
    assert fields(taken, 409) == ["email"]
    assert f"User {admin.id}" in taken.json()["detail"]
    assert fields(await api.patch(f"/users/{admin.id}", json={"role": None}), 422) == ["role"]
    assert (await api.patch("/users/999", json={})).status_code == 404
    assert (await api.delete("/users/999")).status_code == 404
    assert await audit(api) == []


async def test_somebody_is_always_left_who_administers(api: httpx.AsyncClient, admin: User) -> None:
    path = f"/users/{admin.id}"
    for change in ({"role": "manager"}, {"closed": True}):
        assert fields(await api.patch(path, json=change), 409) == ["role"]
    assert fields(await api.delete(path), 409) == ["role"]
    boss = await made(api, "/users", ANN | {"role": "admin"})
    assert (await api.delete(f"/users/{boss['id']}")).status_code == 204
    assert fields(await api.delete(path), 409) == ["role"]
    await made(api, "/users", ANN | {"role": "admin"})
    assert (await api.delete(path)).status_code == 204
    assert (await api.get("/users")).status_code == 401


async def test_departments(api: httpx.AsyncClient) -> None:
    support = await made(api, "/departments", {"name": "Support"})
    sales = await made(api, "/departments", {"name": "Sales"})
    path = f"/departments/{support['id']}"
    assert fields(await api.post("/departments", json={"name": "SUPPORT"}), 409) == ["name"]
    assert fields(await api.patch(path, json={"name": "sales"}), 409) == ["name"]
    assert (await api.patch(path, json={"name": "Help"})).json()["name"] == "Help"
    listed = (await api.get("/departments")).json()["items"]
    assert [one["name"] for one in listed] == ["Help", "Sales"]
    ann = await made(api, "/users", ANN | {"departments": [support["id"]]})
    assert fields(await api.delete(path), 409) == ["department_id"]
    await api.patch(f"/users/{ann['id']}", json={"departments": [sales["id"]]})
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404
    await made(api, "/mailings", MAILING | {"department_id": sales["id"]})
    await api.delete(f"/users/{ann['id']}")
    sold = await api.delete(f"/departments/{sales['id']}")
    assert fields(sold, 409) == ["department_id"]
    done = [entry["action"] for entry in await audit(api)]
    assert done.count("departments.remove") == 1
    assert done.count("departments.change") == 1


@pytest.fixture
async def offices(api: httpx.AsyncClient) -> tuple[int, int]:
    first = await made(api, "/departments", {"name": "Support"})
    second = await made(api, "/departments", {"name": "Sales"})
    return first["id"], second["id"]


async def manager(app: FastAPI, ports: Ports, *departments: int) -> httpx.AsyncClient:
    email = f"m{'-'.join(map(str, departments))}@example.com"
    new = NewUser(email, "", Role.MANAGER, may_launch=True, departments=frozenset(departments))
    return client_of(app, (await log_in_as(ports, await a_user(ports, new))).access_token)


async def test_a_manager_sees_and_changes_their_departments_mailings_only(
    api: httpx.AsyncClient, app: FastAPI, ports: Ports, offices: tuple[int, int]
) -> None:
    support, sales = offices
    theirs = await made(api, "/mailings", MAILING | {"department_id": support})
    others = await made(api, "/mailings", MAILING | {"department_id": sales})
    nobodys = await made(api, "/mailings", MAILING)
    async with await manager(app, ports, support) as ann:
        listed = (await ann.get("/mailings")).json()["items"]
        assert [one["id"] for one in listed] == [theirs["id"]]
        assert (await ann.patch(f"/mailings/{theirs['id']}", json={"name": "Ours"})).is_success
        for foreign in (others["id"], nobodys["id"]):
            path = f"/mailings/{foreign}"
            told = [
                await ann.get(path),
                await ann.get(f"{path}/revisions"),
                await ann.get(f"{path}/plan"),
                await ann.get(f"{path}/statistics"),
                await ann.get(f"{path}/messages"),
                await ann.get("/clients/1/explain", params={"mailing_id": foreign}),
                await ann.patch(path, json={"name": "Mine"}),
                await ann.put(path, json=_without_draft()),
                await ann.post(f"{path}/clone"),
                await ann.post(f"{path}/launch"),
                await ann.post(f"{path}/pause"),
                await ann.post(f"{path}/cancel"),
                await ann.post(f"{path}/test-send", json={"phones": ["79161234567"]}),
                await ann.delete(path),
            ]
            assert [one.status_code for one in told] == [404] * len(told)
    async with await manager(app, ports) as none:
        listed = (await none.get("/mailings")).json()["items"]
        assert [one["id"] for one in listed] == [nobodys["id"]]
    everybodys = (await api.get("/mailings")).json()["items"]
    assert len(everybodys) == 3
    found = (await api.get("/mailings", params={"department_id": sales})).json()["items"]
    assert [one["id"] for one in found] == [others["id"]]


def _without_draft() -> Json:
    return {name: value for name, value in MAILING.items() if name != "draft"}


async def test_whose_a_new_mailing_is(
    api: httpx.AsyncClient, app: FastAPI, ports: Ports, offices: tuple[int, int]
) -> None:
    support, sales = offices
    async with await manager(app, ports, support) as ann:
        mine = await made(ann, "/mailings", MAILING)
        assert mine["department_id"] == support
        foreign = await ann.post("/mailings", json=MAILING | {"department_id": sales})
        assert fields(foreign, 422) == ["department_id"]
        moved = await ann.patch(f"/mailings/{mine['id']}", json={"department_id": sales})
        assert fields(moved, 422) == ["department_id"]
        kept = await ann.put(f"/mailings/{mine['id']}", json=_without_draft())
        assert kept.json()["department_id"] == support
    async with await manager(app, ports, support, sales) as bob:
        unsaid = await bob.post("/mailings", json=MAILING)
        assert fields(unsaid, 422) == ["department_id"]
        assert f"{support}, {sales}" in unsaid.json()["errors"][0]["reason"]
        moved = await bob.patch(f"/mailings/{mine['id']}", json={"department_id": sales})
        assert moved.json()["department_id"] == sales
    async with await manager(app, ports) as none:
        assert (await made(none, "/mailings", MAILING))["department_id"] is None
        foreign = await none.post("/mailings", json=MAILING | {"department_id": sales})
        assert fields(foreign, 422) == ["department_id"]
    there_is_none = await api.post("/mailings", json=MAILING | {"department_id": 999})
    assert fields(there_is_none, 422) == ["department_id"]


def book(mailing_id: int, sent: int) -> Json:
    by_status = {status.value: 0 for status in Status} | {"sent": sent}
    return {"mailing_id": mailing_id, "audience": sent, "by_status": by_status}


async def test_statistics_and_failures_of_other_departments_are_not_shown(
    api: httpx.AsyncClient,
    app: FastAPI,
    ports: Ports,
    offices: tuple[int, int],
    stats: FakeStatistics,
    dead_letters: FakeDeadLetters,
) -> None:
    support, sales = offices
    theirs = await made(api, "/mailings", MAILING | {"department_id": support})
    others = await made(api, "/mailings", MAILING | {"department_id": sales})
    stats.answer = {"items": [book(theirs["id"], 3)], "total": book(0, 10)}
    async with await manager(app, ports, support) as ann:
        answer = (await ann.get("/statistics")).json()
        assert [one["mailing_id"] for one in answer["items"]] == [theirs["id"]]
        assert (answer["total"]["audience"], answer["total"]["by_status"]["sent"]) == (3, 3)
        stats.answer = {"mailing_id": others["id"], "client_id": 1, "attempts": []}
        assert (await ann.get("/messages/5")).status_code == 404
        group = {"mailing_id": others["id"], "status": "failed", "reason": None}
        dead_letters.page = {
            "items": [{"group": group, "sample": {"client_id": 1}}],
            "next_cursor": None,
        }
        assert (await ann.get("/dead-letters")).json()["items"] == []
    assert (await api.get("/messages/5")).status_code == 200
