"""Exports: everybody who is wanted, batch by batch, and back again."""

import csv
import json

import httpx
import pytest

from services.api.handlers import exports
from tests.integration.services.api.conftest import RunImports
from tests.integration.services.api.test_clients import make as make_client
from tests.integration.services.api.test_imports import all_clients, phone, status

TOLD = ("phone", "timezone", "operator_code", "tags", "email", "name", "attributes")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    monkeypatch.setattr(exports, "NAMES_BATCH", 2)


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
async def test_what_is_exported_is_imported_as_it_is(
    api: httpx.AsyncClient, run_imports: RunImports, accept: str
) -> None:
    for number in range(5):
        attributes = {f"a{number % 3}": "=x"} if number else {}
        await make_client(api, phone=phone(number), name=f"-{number}", attributes=attributes)
    before = [{name: one[name] for name in TOLD} for one in await all_clients(api)]
    file = await api.get("/clients/export", headers={"Accept": accept})
    assert file.headers["content-type"].startswith(accept)
    assert file.headers["content-encoding"] == "gzip"
    for one in await all_clients(api):
        await api.delete(f"/clients/{one['id']}")
    kind = {"Content-Type": accept}
    answer = await api.post("/clients/import", content=file.content, headers=kind)
    await run_imports()
    assert (await status(api, answer.json()["id"]))["errors"] == []
    after = [{name: one[name] for name in TOLD} for one in await all_clients(api)]
    assert sorted(after, key=lambda one: one["phone"]) == before


async def test_filters_choose_and_the_header_knows_their_attributes(
    api: httpx.AsyncClient,
) -> None:
    for number in range(4):
        tags = ["vip"] if number % 2 else []
        await make_client(
            api, phone=phone(number), tags=tags, attributes={f"a{number}": number, "b": 1}
        )
    plain = {"Accept-Encoding": "identity"}
    answer = await api.get("/clients/export", params={"tag": "vip"}, headers=plain)
    assert "content-encoding" not in answer.headers
    header, *rows = csv.reader(answer.text.splitlines())
    assert header[6:] == ["attributes.a1", "attributes.a3", "attributes.b"]
    assert [row[0] for row in rows] == [phone(1), phone(3)]
    assert [row[6:] for row in rows] == [["1", "", "1"], ["", "3", "1"]]
    answer = await api.get("/clients/export", params={"format": "ndjson", "phone": phone(2)})
    [one] = map(json.loads, answer.text.splitlines())
    assert one["attributes"] == {"a2": 2, "b": 1}


async def test_a_table_too_wide_is_refused(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ATTRIBUTES", 1)
    await make_client(api, phone=phone(1), attributes={"a": 1, "b": 2})
    assert (await api.get("/clients/export")).status_code == 422
    assert (await api.get("/clients/export", params={"format": "ndjson"})).status_code == 200


async def test_of_nobody_there_is_a_header(api: httpx.AsyncClient) -> None:
    answer = await api.get("/clients/export")
    assert answer.text == "phone,timezone,operator_code,tags,email,name\n"
