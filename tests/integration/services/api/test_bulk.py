"""Many clients changed at once: exactly those who are meant, each once whatever happens."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.handlers import bulk
from services.api.ports import Ports
from shared.contracts.base import Message
from shared.contracts.directory import ClientsChanged
from shared.contracts.gates import GatesChanged
from tests.integration.services.api.conftest import Outbox, RunBulks, RunImports
from tests.integration.services.api.test_clients import make as make_client
from tests.integration.services.api.test_imports import HEADER, all_clients, phone, rows, upload

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PART", 2)


@pytest.fixture
async def five(api: httpx.AsyncClient, outbox: Outbox) -> list[int]:
    """Every other one is vip; the first two are of another code, the last of another zone."""
    ids = []
    for number in range(5):
        one = await make_client(
            api,
            phone=phone(number),
            tags=["vip"] if number % 2 == 0 else [],
            operator_code="495" if number < 2 else "916",
            timezone="UTC" if number < 4 else "Asia/Omsk",
        )
        ids.append(one["id"])
    await outbox()
    return ids


async def start(api: httpx.AsyncClient, **body: Any) -> int:
    answer = await api.post("/clients/bulk", json=body)
    assert answer.status_code == 202, answer.text
    bulk_id: int = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/clients/bulk/{bulk_id}"
    return bulk_id


async def report(api: httpx.AsyncClient, bulk_id: int) -> Json:
    found: Json = (await api.get(f"/clients/bulk/{bulk_id}")).json()
    return found


def counts(found: Json) -> tuple[int, ...]:
    return tuple(found[name] for name in ("matched", "changed", "unchanged", "refused"))


async def carriers(api: httpx.AsyncClient, tag: str, ids: Sequence[int]) -> list[int]:
    """By their places."""
    return [ids.index(one["id"]) for one in await all_clients(api) if tag in one["tags"]]


@pytest.mark.parametrize(
    ("filter_", "meant"),
    [
        ({"tags": ["vip"]}, [0, 2, 4]),
        ({"tags": ["vip", "nobody's"]}, [0, 2, 4]),
        ({"operator_codes": ["495"]}, [0, 1]),
        ({"operator_codes": ["495", "916"], "tags": ["vip"], "timezones": ["UTC"]}, [0, 2]),
        ({"timezones": ["Asia/Omsk"]}, [4]),
        ({"phones": ["+7 916 000-00-03", phone(0)]}, [0, 3]),
        ({"phones": [phone(9)]}, []),
    ],
)
async def test_those_are_tagged_whom_the_filter_finds(
    api: httpx.AsyncClient, run_bulks: RunBulks, five: list[int], filter_: Json, meant: list[int]
) -> None:
    bulk_id = await start(api, action="tag", tags=["new"], filter=filter_)
    assert (await report(api, bulk_id))["state"] == "running"
    await run_bulks()
    assert await carriers(api, "new", five) == meant
    assert counts(await report(api, bulk_id)) == (len(meant), len(meant), 0, 0)


async def test_what_is_told_of_them(
    api: httpx.AsyncClient, run_bulks: RunBulks, outbox: Outbox, five: list[int]
) -> None:
    bulk_id = await start(api, action="tag", tags=["vip", "new"], filter={"tags": ["vip"]})
    await start(api, action="untag", tags=["vip"], all=True)
    await run_bulks()
    told = await outbox()
    assert [[one.id for one in part.clients] for part in of_kind(told, ClientsChanged)] == [
        [five[place] for place in places] for places in ([0], [2], [4], [0], [2], [4])
    ]
    assert of_kind(told, GatesChanged) == []
    last = of_kind(told, ClientsChanged)[-1].clients[0]
    assert (last.revision, last.tags, last.phone) == (3, ("new",), phone(4))
    assert [one["tags"] for one in await all_clients(api)] == [["new"], [], ["new"], [], ["new"]]
    assert {one["name"] for one in (await api.get("/tags")).json()["items"]} == {"vip", "new"}
    assert await report(api, bulk_id) == {
        "id": bulk_id,
        "state": "done",
        "action": "tag",
        "tags": ["vip", "new"],
        "filter": {"tags": ["vip"], "operator_codes": [], "timezones": [], "phones": 0},
        "dry_run": False,
        **{"matched": 3, "changed": 3, "unchanged": 0, "refused": 0},
        "created_at": "2026-11-21T12:00:00Z",
        "finished_at": "2026-11-21T12:00:00Z",
    }


def of_kind(told: Sequence[Message], kind: type[Message]) -> list[Any]:
    return [one for one in told if isinstance(one, kind)]


async def test_those_who_are_deleted_are_gone_and_stopped(
    api: httpx.AsyncClient, run_bulks: RunBulks, outbox: Outbox, five: list[int]
) -> None:
    bulk_id = await start(api, action="delete", filter={"timezones": ["UTC"]})
    await run_bulks()
    assert [one["id"] for one in await all_clients(api)] == [five[4]]
    assert (await api.get(f"/clients/{five[0]}")).status_code == 404
    assert counts(await report(api, bulk_id)) == (4, 4, 0, 0)
    told = await outbox()
    gates = [gate for part in of_kind(told, GatesChanged) for gate in part.gates]
    assert [(one.id, one.revision, one.closed) for one in gates] == [
        (id_, 2, True) for id_ in five[:4]
    ]
    states = [one for part in of_kind(told, ClientsChanged) for one in part.clients]
    assert [(one.id, one.deleted, one.phone) for one in states] == [
        (id_, True, "") for id_ in five[:4]
    ]
    assert isinstance(told[0], GatesChanged)
    assert (await api.post("/clients", json=_again())).status_code == 201


async def test_who_is_blocked_stays_so_and_is_told_of_so(
    api: httpx.AsyncClient, run_bulks: RunBulks, outbox: Outbox, five: list[int]
) -> None:
    blocked = {"client_id": five[0]}
    assert (await api.post("/policies/blocks", json=blocked)).status_code == 201
    await outbox()
    await start(api, action="tag", tags=["new"], filter={"operator_codes": ["495"]})
    await run_bulks()
    [told] = of_kind(await outbox(), ClientsChanged)
    assert [(one.id, one.blocked) for one in told.clients] == [(five[0], True), (five[1], False)]
    await start(api, action="delete", all=True)
    await run_bulks()
    assert (await api.get("/policies/blocks")).json()["items"] == []


def _again() -> Json:
    return {"phone": phone(0), "timezone": "UTC"}


async def test_a_dry_run_counts_and_writes_nothing(
    api: httpx.AsyncClient, run_bulks: RunBulks, outbox: Outbox, five: list[int]
) -> None:
    before = await all_clients(api)
    tagging = await start(api, action="tag", tags=["vip"], all=True, dry_run=True)
    deleting = await start(api, action="delete", all=True, dry_run=True)
    await run_bulks()
    assert counts(await report(api, tagging)) == (5, 2, 3, 0)
    assert counts(await report(api, deleting)) == (5, 5, 0, 0)
    assert await all_clients(api) == before
    assert await outbox() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "delete"}, "filter"),
        ({"action": "delete", "filter": {}}, "filter"),
        ({"action": "delete", "filter": {"tags": None}}, "filter"),
        ({"action": "delete", "filter": {"tags": []}}, "filter.tags"),
        ({"action": "delete", "all": True, "filter": {"tags": ["vip"]}}, "all"),
        ({"action": "delete", "all": True, "tags": ["vip"]}, "tags"),
        ({"action": "tag", "all": True}, "tags"),
        ({"action": "tag", "all": True, "tags": ["a;b"]}, "tags.0"),
        ({"action": "sing", "all": True}, "action"),
        ({"action": "delete", "all": "true"}, "all"),
        ({"action": "delete", "filter": {"tag": ["vip"]}}, "filter.tag"),
    ],
)
async def test_nothing_is_begun_that_is_not_clear(
    api: httpx.AsyncClient, five: list[int], body: Json, field: str
) -> None:
    answer = await api.post("/clients/bulk", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await api.get("/clients/bulk")).json()["items"] == []


@pytest.mark.parametrize("after", [1, 2, 3])
async def test_work_that_is_broken_off_is_taken_up_where_it_ended(
    api: httpx.AsyncClient,
    ports: Ports,
    run_bulks: RunBulks,
    outbox: Outbox,
    five: list[int],
    after: int,
) -> None:
    bulk_id = await start(api, action="tag", tags=["new"], all=True)
    async with ports.bulks.claim() as job:
        assert job is not None
        work = bulk.work_through(ports, job)
        for _ in range(after):
            await anext(work)
    assert (await report(api, bulk_id))["changed"] == min(2 * after, 5)
    await run_bulks()
    found = await report(api, bulk_id)
    assert (found["state"], *counts(found)) == ("done", 5, 5, 0, 0)
    told = [one.id for part in of_kind(await outbox(), ClientsChanged) for one in part.clients]
    assert told == five
    assert {one["revision"] for one in await all_clients(api)} == {2}


async def test_one_begins_when_the_one_before_has_ended(
    api: httpx.AsyncClient, ports: Ports, five: list[int]
) -> None:
    first = await start(api, action="tag", tags=["new"], all=True)
    await start(api, action="untag", tags=["new"], all=True)
    async with ports.bulks.claim() as one, ports.bulks.claim() as other:
        assert one is not None
        assert one.task.id == first
        assert other is None


async def test_who_comes_later_is_none_of_its(
    api: httpx.AsyncClient, run_bulks: RunBulks, run_imports: RunImports, five: list[int]
) -> None:
    await start(api, action="delete", all=True)
    await upload(api, HEADER + rows(7))
    await run_imports()
    await run_bulks()
    assert [one["phone"] for one in await all_clients(api)] == [phone(5), phone(6)]


async def test_who_no_longer_matches_is_left_alone(
    api: httpx.AsyncClient, ports: Ports, run_bulks: RunBulks, five: list[int]
) -> None:
    bulk_id = await start(api, action="delete", filter={"tags": ["vip"]})
    async with ports.bulks.claim() as job:
        assert job is not None
        await anext(bulk.work_through(ports, job))
    await api.patch(f"/clients/{five[4]}", json={"tags": []})
    await run_bulks()
    assert [one["id"] for one in await all_clients(api)] == [five[place] for place in (1, 3, 4)]
    assert (await report(api, bulk_id))["changed"] == 2


async def test_the_audit_tells_of_its_begin_and_its_end(
    api: httpx.AsyncClient, run_bulks: RunBulks, five: list[int]
) -> None:
    phones = {"phones": [phone(0), phone(1)], "operator_codes": ["495"]}
    bulk_id = await start(api, action="tag", tags=["vip"], filter=phones)
    await run_bulks()
    found = (await api.get("/audit", params={"subject": f"bulk/{bulk_id}"})).json()["items"]
    who = [one["user"] and one["user"]["email"] for one in found]
    assert who == [None, "admin@example.com"]
    end, begin = ((one["action"], one["facts"]) for one in found)
    told = {"operator_codes": ["495"], "phones": 2}
    assert begin == ("bulk.start", {"action": "tag", "tags": ["vip"], "filter": told})
    done = {"state": "done", "matched": 2, "changed": 1, "refused": 0}
    assert end == ("bulk.end", done)


async def test_the_phones_are_kept_as_long_as_they_are_needed(
    api: httpx.AsyncClient, run_bulks: RunBulks, engine: AsyncEngine, five: list[int]
) -> None:
    bulk_id = await start(api, action="untag", tags=["x"], filter={"phones": [phone(0)]})

    async def kept() -> str:
        async with engine.connect() as connection:
            return str((await connection.execute(text("SELECT * FROM bulk"))).all())

    assert phone(0) in await kept()
    await run_bulks()
    assert phone(0) not in await kept()
    assert (await report(api, bulk_id))["filter"]["phones"] == 1


async def test_they_are_listed_newest_first(
    api: httpx.AsyncClient, run_bulks: RunBulks, five: list[int]
) -> None:
    first = await start(api, action="tag", tags=["a"], all=True)
    await run_bulks()
    second = await start(api, action="tag", tags=["b"], all=True)
    page = (await api.get("/clients/bulk?limit=1")).json()
    assert [one["id"] for one in page["items"]] == [second]
    rest = (await api.get("/clients/bulk", params={"cursor": page["next_cursor"]})).json()
    assert [one["id"] for one in rest["items"]] == [first]
    running = (await api.get("/clients/bulk?state=running")).json()["items"]
    assert [one["id"] for one in running] == [second]
    assert (await api.get(f"/clients/bulk/{second + 1}")).status_code == 404


async def test_a_key_begins_it_once(api: httpx.AsyncClient, five: list[int]) -> None:
    body = {"action": "delete", "all": True}
    answers = [
        await api.post("/clients/bulk", json=body, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert len((await api.get("/clients/bulk")).json()["items"]) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_the_word_is_no_id_of_a_client(api: httpx.AsyncClient, method: str) -> None:
    answer = await api.request(method, "/clients/bulk")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
