"""Bad input: 4xx, naming the field and the reason, and nothing half-written."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters import tables

CLIENT: dict[str, Any] = {"phone": "79161234567", "timezone": "UTC"}
MAILING: dict[str, Any] = {
    "text": "Hello",
    "starts_at": "2026-12-01T10:00:00Z",
    "ends_at": "2026-12-02T10:00:00Z",
}
LOCAL = {"starts_at": "2026-12-01T10:00:00", "ends_at": "2026-12-02T10:00:00", "timing": "local"}


async def written(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        named = ("CLIENT", "TAG", "MAILING", "TRIAL", "IMPORT", "OUTBOX")
        ours = [getattr(tables, name) for name in named]
        rows = [await connection.execute(select(table)) for table in ours]
        return sum(len(found.all()) for found in rows)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"phone": None}, ["phone"]),
        ({"phone": 79161234567}, ["phone"]),
        ({"phone": "+1 650 253 0000"}, ["phone"]),
        ({"phone": "7916123456"}, ["phone"]),
        ({"timezone": None}, ["timezone"]),
        ({"timezone": "Europe/Moskva"}, ["timezone"]),
        ({"timezone": "UTC+25"}, ["timezone"]),
        ({"operator_code": ""}, ["operator_code"]),
        ({"operator_code": 916}, ["operator_code"]),
        ({"tags": None}, ["tags"]),
        ({"tags": "vip"}, ["tags"]),
        ({"tags": ["vip", "", 5]}, ["tags.1", "tags.2"]),
        ({"tags": ["a;b"]}, ["tags.0"]),
        ({"tags": [str(n) for n in range(51)]}, ["tags"]),
        ({"email": "ann"}, ["email"]),
        ({"name": " "}, ["name"]),
        ({"name": "a\x00b"}, ["name"]),
        ({"attributes": []}, ["attributes"]),
        ({"attributes": {"a": {"b": 1}}}, ["attributes"]),
        ({"attributes": None}, ["attributes"]),
        ({"nickname": "Annie"}, ["nickname"]),
        ({"id": 5, "phone": "1", "timezone": "x"}, ["phone", "timezone", "id"]),
    ],
)
async def test_clients(
    api: httpx.AsyncClient, engine: AsyncEngine, fields: dict[str, Any], named: list[str]
) -> None:
    answer = await api.post("/clients", json=CLIENT | fields)
    refused(answer, named)
    assert await written(engine) == 0


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"text": ""}, ["text"]),
        ({"text": 5}, ["text"]),
        ({"text": "x" * 4001}, ["text"]),
        ({"text": "Hello {{ nme }}"}, ["text"]),
        ({"text": "{% if name %}"}, ["text"]),
        ({"text": "{{ name|shout }}"}, ["text"]),
        ({"text": "{{ " + "(" * 1000 + "name" + ")" * 1000 + " }}"}, ["text"]),
        ({"starts_at": None}, ["starts_at"]),
        ({"starts_at": 1767225600}, ["starts_at"]),
        ({"starts_at": "2026-12-01"}, ["starts_at"]),
        ({"starts_at": "2026-02-30T10:00:00Z"}, ["starts_at"]),
        ({"starts_at": "2026-12-01T10:00:00"}, ["starts_at"]),  # naive with absolute
        ({"ends_at": "2026-12-02T10:00:00"}, ["ends_at"]),
        (LOCAL | {"starts_at": "2026-12-01T10:00:00Z"}, ["starts_at"]),  # aware with local
        (LOCAL | {"ends_at": "2026-12-02T10:00:00+03:00"}, ["ends_at"]),
        ({"ends_at": "2026-12-01T10:00:00Z"}, ["ends_at"]),
        ({"ends_at": "2026-11-30T10:00:00Z"}, ["ends_at"]),  # before it starts
        ({"starts_at": "2026-11-01T10:00:00Z", "ends_at": "2026-11-21T11:00:00Z"}, ["ends_at"]),
        (LOCAL | {"ends_at": "2026-11-30T10:00:00"}, ["ends_at"]),
        ({"timing": "relative"}, ["timing"]),
        ({"window": []}, ["window"]),
        ({"window": {"from": "10:00"}}, ["window.to"]),
        ({"window": {"from": "9:00", "to": "20:00"}}, ["window.from"]),
        ({"window": {"from": "10:00", "to": "25:00"}}, ["window.to"]),
        ({"window": {"from": "10:00", "to": "10:00"}}, ["window.to"]),
        ({"window": {"from": "24:00", "to": "10:00"}}, ["window.from"]),
        ({"window": {"from": 10, "to": "20:00"}}, ["window.from"]),
        ({"window": {"from": "10:00", "to": "20:00", "days": []}}, ["window.days"]),
        ({"window": {"from": "10:00", "to": "20:00", "days": ["mo"]}}, ["window.days.0"]),
        ({"window": {"from_": "10:00", "to": "20:00"}}, ["window.from", "window.from_"]),
        ({"window": {"from": "10:00", "to": "20:00", "until": 1}}, ["window.until"]),
        ({"filter": []}, ["filter"]),
        ({"filter": {"tags": []}}, ["filter.tags"]),
        ({"filter": {"tags": [5]}}, ["filter.tags.0"]),
        ({"filter": {"operator_codes": []}}, ["filter.operator_codes"]),
        ({"filter": {"operator_codes": ["916", "9-1"]}}, ["filter.operator_codes.1"]),
        ({"filter": {"cities": ["Omsk"]}}, ["filter.cities"]),
        ({"channel": "pigeon"}, ["channel"]),
        ({"name": ""}, ["name"]),
        ({"audience": "dead"}, ["audience"]),
        ({"rate_per_second": 0}, ["rate_per_second"]),
        ({"rate_per_second": 1e9}, ["rate_per_second"]),
        ({"rate_per_second": "5"}, ["rate_per_second"]),
        ({"department_id": 1}, ["department_id"]),
        ({"department_id": 2**63}, ["department_id"]),
        ({"max_lateness": -1}, ["max_lateness"]),
        ({"max_lateness": 0}, ["max_lateness"]),
        ({"max_lateness": "5"}, ["max_lateness"]),
        ({"max_lateness": 1.5}, ["max_lateness"]),
        ({"holidays": ["01.01.2027"]}, ["holidays.0"]),
        ({"holidays": ["2027-01-01", "2027-02-30"]}, ["holidays.1"]),
        ({"priority": "high"}, ["priority"]),
        ({"draft": "yes"}, ["draft"]),
        ({"state": "running"}, ["state"]),
        ({"subject": "Hi"}, ["subject"]),
    ],
)
async def test_mailings(
    api: httpx.AsyncClient, engine: AsyncEngine, fields: dict[str, Any], named: list[str]
) -> None:
    refused(await api.post("/mailings", json=MAILING | fields), named)
    assert await written(engine) == 0


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"phones": None}, ["phones"]),
        ({"phones": []}, ["phones"]),
        ({"phones": ["79161234567"] * 11}, ["phones"]),
        ({"phones": ["79161234567", "1"]}, ["phones.1"]),
        ({"client_id": "5"}, ["client_id"]),
        ({"client_id": 0}, ["client_id"]),
        ({"client_id": 999}, ["client_id"]),
        ({"text": "Hi"}, ["text"]),
    ],
)
async def test_trials(
    api: httpx.AsyncClient, engine: AsyncEngine, fields: dict[str, Any], named: list[str]
) -> None:
    mailing = (await api.post("/mailings", json=MAILING | {"draft": True})).json()
    path = f"/mailings/{mailing['id']}/test-send"
    refused(await api.post(path, json={"phones": ["79161234567"]} | fields), named)
    assert await written(engine) == 1  # the draft


async def test_a_copy_that_would_not_be_valid(api: httpx.AsyncClient, engine: AsyncEngine) -> None:
    mailing = (await api.post("/mailings", json=MAILING | {"draft": True})).json()
    path = f"/mailings/{mailing['id']}/clone"
    refused(await api.post(path, json={"ends_at": MAILING["starts_at"]}), ["ends_at"])
    refused(await api.post(path, json={"draft": False}), ["draft"])
    assert await written(engine) == 1


@pytest.mark.parametrize("fields", [{"text": None}, {"draft": True}, {"window": {"from": "1"}}])
async def test_a_bad_patch_changes_nothing(api: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    mailing = (await api.post("/mailings", json=MAILING)).json()
    assert (await api.patch(f"/mailings/{mailing['id']}", json=fields)).status_code == 422
    assert (await api.get(f"/mailings/{mailing['id']}")).json() == mailing


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"text"',
        b"\xff\xfe",
        b'{"phone": "79161234567", "timezone": "UTC", "name": "\xff"}',
        b'{"phone": "79161234567", "timezone": "UTC", "name": "\\ud800"}',
        b'{"phone": "79161234567", "timezone": "UTC", "attributes": {"a": NaN}}',
        b'{"phone": "79161234567", "timezone": "UTC", "attributes": {"a": 1' + b"0" * 5000 + b"}}",
        b"[" * 100_000,
    ],
)
async def test_bodies_that_are_no_object_of_json(
    api: httpx.AsyncClient, engine: AsyncEngine, content: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.post("/clients", content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] in ("body", "name", "attributes")
    assert await written(engine) == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=1", "limit"),
        ("tag=a&limit=5&tag=b", "tag"),
        ("colour=1&colour=2", "colour"),
        ("cursor=x", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=azk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", "cursor"),
        ("phone=1", "phone"),
        ("tag=%00", "tag"),
        ("timezone=Mars", "timezone"),
        ("operator_code=%D1%91", "operator_code"),
    ],
)
async def test_queries(api: httpx.AsyncClient, query: str, field: str) -> None:
    refused(await api.get(f"/clients?{query}"), [field])


@pytest.mark.parametrize("id_", ["x", "0", "-1", "1.5", "9223372036854775808", "%00"])
async def test_ids(api: httpx.AsyncClient, id_: str) -> None:
    refused(await api.get(f"/clients/{id_}"), ["client_id"])


async def test_a_body_too_large(api: httpx.AsyncClient) -> None:
    body = CLIENT | {"name": "x" * (1 << 20)}
    assert (await api.post("/clients", json=body)).status_code == 413


async def test_a_body_too_large_that_does_not_say_so(api: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    headers = {"Content-Type": "application/json"}
    answer = await api.post("/clients", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/nothing", 404), ("DELETE", "/clients", 405), ("PUT", "/tags/x", 405)],
)
async def test_other_ways_to_go_wrong(
    api: httpx.AsyncClient, method: str, path: str, code: int
) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == code


async def test_what_a_path_does_not_take(api: httpx.AsyncClient, app: FastAPI) -> None:
    """Whatever else is wrong with it, and though a neighbour's path has an id there."""
    words = {path: told for path, told in app.openapi()["paths"].items() if "{" not in path}
    assert words
    for path, told in words.items():
        taken = {method.upper() for method in told}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
            answer = await api.request(method, f"http://api{path}?no_such=1")
            allowed = set(answer.headers.get("allow", "").split(", "))
            assert (answer.status_code, allowed) == (405, taken), (method, path)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/clients?tags=vip", ["tags"]),
        ("/mailings?status=sent&state=draft", ["status"]),
        ("/mailings/1/messages?timezone=UTC", ["timezone"]),
        ("/statistics?b=1&a=2", ["a", "b"]),
    ],
)
async def test_a_parameter_that_would_do_nothing(
    api: httpx.AsyncClient, path: str, named: list[str]
) -> None:
    refused(await api.get(path), named)


async def test_a_body_that_does_not_say_it_is_json(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await api.post("/clients", content=b'{"phone": "7"}', headers=headers)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


async def test_a_login_that_no_database_could_hold(anonymous: httpx.AsyncClient) -> None:
    credentials = {"email": "a\x00@b.cd", "password": "x"}
    refused(await anonymous.post("/api/v1/auth/login", json=credentials), ["email"])


async def test_outside_the_api_it_is_not_found_either(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get("/nothing")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


def refused(answer: httpx.Response, named: list[str]) -> None:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert [error["field"] for error in problem["errors"]] == named, problem
    assert all(error["reason"] for error in problem["errors"])
