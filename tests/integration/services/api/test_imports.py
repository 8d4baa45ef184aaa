"""Imports: what a file does to the clients, counted exactly once whatever happens."""

import asyncio
import csv
import gzip
import json
from collections.abc import AsyncIterator, Collection
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.clients import SqlClients
from services.api.domain.callers import Caller
from services.api.domain.clients import Client
from services.api.domain.imports.progress import ImportFormat
from services.api.entrypoints import ticks
from services.api.handlers import imports
from services.api.ports import Ports
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.gates import Gate, GatesChanged
from tests.integration.services.api.conftest import NOW, Outbox, RunImports
from tests.integration.services.api.test_clients import make as make_client
from tests.integration.services.api.waiting import until

WHO = Caller(1, "", frozenset())
CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}
HEADER = "phone,timezone\n"


def phone(number: int) -> str:
    return f"7916{number:07}"


def rows(count: int, zone: str = "UTC") -> str:
    return "".join(f"{phone(number)},{zone}\n" for number in range(count))


async def upload(api: httpx.AsyncClient, content: str | bytes, **headers: str) -> int:
    answer = await api.post("/clients/import", content=content, headers=CSV | headers)
    assert answer.status_code == 202, answer.text
    import_id: int = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/imports/{import_id}"
    return import_id


async def status(api: httpx.AsyncClient, import_id: int) -> dict[str, Any]:
    answer = await api.get(f"/imports/{import_id}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def all_clients(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get("/clients", params={"limit": 500})).json()["items"]
    return items


async def leftovers(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        found: int = await connection.scalar(text("SELECT count(*) FROM import_chunk")) or 0
        return found


async def test_a_file_of_all_columns(
    api: httpx.AsyncClient, run_imports: RunImports, outbox: Outbox, engine: AsyncEngine
) -> None:
    header = "tags,phone,attributes.city,timezone,email,name,operator_code\r\n"
    row = f'vip; new,{phone(1)},"Omsk, center",utc+3,ann@x.com,"Ann ""A""\nB",495\r\n'
    import_id = await upload(api, "\ufeff" + header + row.replace("\nB", " B"))
    assert (await status(api, import_id))["state"] == "running"
    await run_imports()
    assert await status(api, import_id) == {
        "id": import_id,
        "state": "done",
        "rows_read": 1,
        "rows_accepted": 1,
        "rows_rejected": 0,
        "dry_run": False,
        "added": 1,
        "changed": 0,
        "unchanged": 0,
        "errors": [],
        "created_at": "2026-11-21T12:00:00Z",
        "finished_at": "2026-11-21T12:00:00Z",
    }
    [client] = await all_clients(api)
    assert (client["tags"], client["attributes"]) == (["vip", "new"], {"city": "Omsk, center"})
    assert (client["timezone"], client["operator_code"]) == ("UTC+03:00", "495")
    assert (client["email"], client["name"]) == ("ann@x.com", 'Ann "A" B')
    [news] = await outbox()
    assert isinstance(news, ClientsChanged)
    assert [one.id for one in news.clients] == [client["id"]]
    assert {tag["name"] for tag in (await api.get("/tags")).json()["items"]} == {"vip", "new"}
    assert await leftovers(engine) == 0


TOLD = ("id", "phone", "operator_code", "timezone", "tags", "email", "name")


async def test_what_is_told_of_newcomers_is_what_is_stored(
    api: httpx.AsyncClient, run_imports: RunImports, outbox: Outbox
) -> None:
    odd = [
        f'{phone(3)},UTC,"a\\b;""c"";{{d}}",,Ann \\N,',
        f"{phone(2)},Asia/Omsk,\\.;ё,ann@x.com,,495",
        f"{phone(1)},UTC,,,,",
    ]
    await upload(api, "phone,timezone,tags,email,name,operator_code\n" + "\n".join(odd))
    await run_imports()
    [news] = await outbox()
    assert isinstance(news, ClientsAdded)
    stored = await all_clients(api)
    assert [one.model_dump(mode="json", include=set(TOLD)) for one in news.states()] == [
        {field: client[field] for field in TOLD} for client in stored
    ]
    assert [client["tags"] for client in stored] == [[], ["\\.", "ё"], ["a\\b", '"c"', "{d}"]]
    assert [client["name"] for client in stored] == [None, None, "Ann \\N"]


async def test_ndjson(api: httpx.AsyncClient, run_imports: RunImports) -> None:
    lines = [
        {"phone": phone(1), "timezone": "UTC", "tags": ["a"], "attributes": {"age": 7}},
        {"phone": phone(2), "timezone": "Nowhere"},
    ]
    import_id = await upload(api, "\n".join(map(json.dumps, lines)), **NDJSON)
    await run_imports()
    found = await status(api, import_id)
    assert (found["rows_accepted"], found["rows_rejected"]) == (1, 1)
    assert [(one["row"], one["field"]) for one in found["errors"]] == [(2, "timezone")]
    [client] = await all_clients(api)
    assert client["attributes"] == {"age": 7}


@pytest.mark.parametrize("packed", [False, True])
async def test_a_form_with_one_file(
    api: httpx.AsyncClient, run_imports: RunImports, packed: bool
) -> None:
    content = (HEADER + rows(3)).encode()
    name = "clients.csv.gz" if packed else "clients.csv"
    kind = "application/gzip" if packed else "text/csv"
    file = (name, gzip.compress(content) if packed else content, kind)
    answer = await api.post("/clients/import", files={"file": file}, data={"note": "x"})
    assert answer.status_code == 202, answer.text
    await run_imports()
    assert (await status(api, answer.json()["id"]))["rows_accepted"] == 3


async def test_gzip(api: httpx.AsyncClient, run_imports: RunImports) -> None:
    content = gzip.compress((HEADER + rows(3)).encode())
    import_id = await upload(api, content, **{"Content-Encoding": "gzip"})
    await run_imports()
    assert (await status(api, import_id))["rows_accepted"] == 3


async def test_one_bad_row_stops_nothing_else(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    bad = [
        "7916,UTC,",
        f"{phone(1)},Nowhere,",
        f"{phone(2)},UTC",
        f"{phone(3)},UTC,,",
        f'{phone(4)},UTC,"Ann',
        f"{phone(5)},UTC,{'x' * 201}",
        f"{phone(6)},UTC,a\x00b",
        ",,",
    ]
    lines = [
        line for number, one in enumerate(bad) for line in (one, f"{phone(100 + number)},UTC,Ok")
    ]
    content = "phone,timezone,name\n" + "\n\n".join(lines)
    import_id = await upload(api, content.encode() + b"\n\xff\xfe," + b"y" * 70_000 + b"\n")
    await run_imports()
    found = await status(api, import_id)
    assert (found["state"], found["rows_read"]) == ("done", 2 * len(bad) + 1)
    assert (found["rows_accepted"], found["rows_rejected"]) == (len(bad), len(bad) + 1)
    assert [(one["row"], one["field"]) for one in found["errors"]] == [
        (1, "phone"), (3, "timezone"), (5, None), (7, None), (9, None), (11, "name"),
        (13, "name"), (15, "phone"), (17, None),
    ]  # fmt: skip
    assert len(await all_clients(api)) == len(bad)


async def test_long_rows_are_written_fewer_at_a_time(
    api: httpx.AsyncClient, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_BYTES", 20_000)
    long = "".join(f"{phone(number)},UTC,{'x' * 150}\n" for number in range(1_000))
    import_id = await upload(api, "phone,timezone,name\n" + long)
    await break_off(ports, after=1)
    assert 20_000 / 170 < (await status(api, import_id))["rows_read"] < 40_000 / 170


async def test_only_the_first_errors_are_kept(
    api: httpx.AsyncClient, run_imports: RunImports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 40)
    import_id = await upload(api, HEADER + "x,UTC\n" * 250)
    await run_imports()
    found = await status(api, import_id)
    assert (found["rows_read"], found["rows_rejected"]) == (250, 250)
    assert [one["row"] for one in found["errors"]] == list(range(1, 101))


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("", None),
        ("\n\n", None),
        ("phone,name\n", "timezone"),
        ("phone,timezone,nickname\n" + rows(1), "nickname"),
        ("phone,timezone,phone\n", "phone"),
        ('phone,"timezone\n', None),
        (b"phone,\xff\n", None),
        ("x" * 70_000 + "\n" + HEADER + rows(1), None),
    ],
)
async def test_a_wrong_header_fails_the_import(
    api: httpx.AsyncClient,
    run_imports: RunImports,
    engine: AsyncEngine,
    content: str | bytes,
    field: str | None,
) -> None:
    import_id = await upload(api, content)
    await run_imports()
    found = await status(api, import_id)
    assert (found["state"], found["rows_read"]) == ("failed", 0)
    assert [(one["row"], one["field"]) for one in found["errors"]] == [(0, field)]
    assert await all_clients(api) == []
    assert await leftovers(engine) == 0


async def test_a_header_alone_is_an_import_of_nobody(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    import_id = await upload(api, "phone,timezone")
    await run_imports()
    assert (await status(api, import_id))["state"] == "done"


async def test_what_is_not_mentioned_stays_and_what_is_empty_is_cleared(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    full = {
        "tags": ["a"],
        "email": "a@x.com",
        "name": "Ann",
        "attributes": {"city": "Omsk", "n": 1},
    }
    await make_client(api, phone=phone(1), operator_code="495", **full)
    await upload(api, f"phone,timezone,email,attributes.city\n{phone(1)},UTC,,\n")
    await run_imports()
    [client] = await all_clients(api)
    assert (client["email"], client["attributes"], client["revision"]) == (None, {"n": 1}, 2)
    assert (client["operator_code"], client["tags"], client["name"]) == ("495", ["a"], "Ann")


async def test_the_same_file_again_changes_nothing(
    api: httpx.AsyncClient, run_imports: RunImports, outbox: Outbox
) -> None:
    content = "phone,timezone,tags,attributes.a\n" + f"{phone(1)},UTC,x;y,1\n{phone(2)},UTC,,\n"
    await upload(api, content)
    await run_imports()
    await outbox()
    import_id = await upload(api, content)
    await run_imports()
    assert (await status(api, import_id))["rows_accepted"] == 2
    assert {client["revision"] for client in await all_clients(api)} == {1}
    assert await outbox() == []


async def test_a_moved_client_gets_a_gate(
    api: httpx.AsyncClient, run_imports: RunImports, outbox: Outbox
) -> None:
    moved = await make_client(api, phone=phone(1))
    await make_client(api, phone=phone(2))
    await outbox()
    await upload(api, f"phone,timezone,name\n{phone(1)},Asia/Omsk,\n{phone(2)},UTC,Eve\n")
    await run_imports()
    gates, news = await outbox()
    gate = Gate(kind="client", id=moved["id"], revision=2, closed=False)
    assert gates == GatesChanged(gates=(gate,))
    assert isinstance(news, ClientsChanged)
    assert [one.revision for one in news.clients] == [2, 2]


async def test_of_a_phone_that_comes_twice_the_last_wins(
    api: httpx.AsyncClient, run_imports: RunImports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 2)
    spellings = (phone(1), f"+7 (916) {phone(1)[4:]}", f"8-{phone(1)[1:]}")
    lines = [f"{one},UTC,{name}\n" for one, name in zip(spellings, "abc", strict=True)]
    import_id = await upload(api, "phone,timezone,name\n" + "".join(lines))
    await run_imports()
    assert (await status(api, import_id))["rows_accepted"] == 3
    [client] = await all_clients(api)
    assert (client["name"], client["phone"], client["revision"]) == ("c", phone(1), 2)


async def test_a_deleted_client_s_phone_makes_a_new_client(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    old = await make_client(api, phone=phone(1))
    await api.delete(f"/clients/{old['id']}")
    await upload(api, HEADER + rows(2))
    await run_imports()
    assert old["id"] not in {client["id"] for client in await all_clients(api)}


async def break_off(ports: Ports, after: int) -> None:
    """Works on an import for so many batches, and no further."""
    async with ports.imports.claim() as job:
        assert job is not None
        work = imports.work_through(ports, job)
        for _ in range(after):
            await anext(work)


@pytest.mark.parametrize("chunk_bytes", [1_000, 512 * 1024])
@pytest.mark.parametrize("after", [1, 4, 9])
async def test_work_that_is_broken_off_is_taken_up_where_it_ended(
    api: httpx.AsyncClient,
    ports: Ports,
    run_imports: RunImports,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    after: int,
    chunk_bytes: int,
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 10)
    monkeypatch.setattr(imports, "CHUNK_BYTES", chunk_bytes)
    lines = rows(100).splitlines(keepends=True)
    lines[50:50] = ["bad,UTC\n", f'{phone(200)},"UTC"\n']
    import_id = await upload(api, HEADER + "".join(lines))
    await break_off(ports, after)
    assert (await status(api, import_id))["rows_read"] == 10 * after
    await run_imports()
    found = await status(api, import_id)
    assert (found["rows_read"], found["rows_accepted"], found["rows_rejected"]) == (102, 101, 1)
    assert [one["row"] for one in found["errors"]] == [51]
    clients = await all_clients(api)
    assert len(clients) == 101
    assert {client["revision"] for client in clients} == {1}
    told = [id_ for news in await outbox() if isinstance(news, ClientsAdded) for id_ in news.ids]
    assert len(told) == len(set(told)) == 101


async def test_nobody_else_gets_an_import_that_is_worked_on(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    first, second = await upload(api, HEADER), await upload(api, HEADER)
    async with ports.imports.claim() as one, ports.imports.claim() as other:
        assert one is not None
        assert other is not None
        assert [one.task.id, other.task.id] == [first, second]
        async with ports.imports.claim() as third:
            assert third is None
    async with ports.imports.claim() as again:
        assert again is not None
        assert again.task.id == first


async def test_two_imports_of_the_same_clients_at_once(
    api: httpx.AsyncClient, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 20)
    ids = [await upload(api, HEADER + rows(200, zone)) for zone in ("UTC", "Asia/Omsk")]
    async with ports.imports.claim() as one, ports.imports.claim() as other:
        assert one is not None
        assert other is not None
        works = [imports.work_through(ports, job) for job in (one, other)]
        while works:  # batch by batch in turn, so that each finds what the other wrote
            for work in list(works):
                if await anext(work, None) is None:
                    works.remove(work)
    for import_id in ids:
        assert (await status(api, import_id))["rows_accepted"] == 200
    assert len(await all_clients(api)) == 200


async def nothing_is_kept(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM import")) == 0
    assert await leftovers(engine) == 0


FORM_WITH_MUCH_BESIDE = (
    b'--B\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
    + b"x" * 4_000_001
    + b"\r\n--B--\r\n"
)


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"x" * 4_000_001, CSV, 413),
        (gzip.compress(b"x" * 5_000_000), CSV | {"Content-Encoding": "gzip"}, 413),
        # Not the file alone is counted, and what unfolds is, a form within gzip too.
        (FORM_WITH_MUCH_BESIDE, {"Content-Type": "multipart/form-data; boundary=B"}, 413),
        (
            gzip.compress(FORM_WITH_MUCH_BESIDE),
            {"Content-Type": "multipart/form-data; boundary=B", "Content-Encoding": "gzip"},
            413,
        ),
        (b"no gzip", CSV | {"Content-Encoding": "gzip"}, 422),
        (gzip.compress(b"phone")[:-5], CSV | {"Content-Encoding": "gzip"}, 422),
        (b"phone", CSV | {"Content-Encoding": "br"}, 415),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"phone", {"Content-Type": ""}, 415),
        (b"x", {"Content-Type": "multipart/form-data"}, 422),
        (b"x", {"Content-Type": "multipart/form-data; boundary=B"}, 422),
        (b"--B--\r\n", {"Content-Type": "multipart/form-data; boundary=B"}, 422),
    ],
)
async def test_an_upload_that_is_refused_leaves_nothing(
    api: httpx.AsyncClient, engine: AsyncEngine, content: bytes, headers: dict[str, str], code: int
) -> None:
    answer = await api.post("/clients/import", content=content, headers=headers)
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    await nothing_is_kept(engine)


async def test_an_upload_that_breaks_off_leaves_nothing(ports: Ports, engine: AsyncEngine) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"x" * 1_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await imports.receive(ports, ImportFormat.CSV, breaking(), WHO)
    await nothing_is_kept(engine)


async def test_what_a_killed_upload_left_is_swept_up_later(
    api: httpx.AsyncClient, ports: Ports, engine: AsyncEngine
) -> None:
    async with ports.transactions.begin() as store:
        left = await store.imports.open(
            ImportFormat.CSV, imports.AS_IT_IS, 10, NOW - imports.STALE_AFTER * 2
        )
        await store.imports.open(ImportFormat.CSV, imports.AS_IT_IS, 10, NOW)
    assert (await api.get(f"/imports/{left}")).status_code == 404
    assert await imports.abandon_stale_uploads(ports) == 1
    assert await imports.abandon_stale_uploads(ports) == 0


async def test_an_unknown_import(api: httpx.AsyncClient) -> None:
    assert (await api.get("/imports/7")).status_code == 404


async def test_a_batch_overtaken_by_somebody_else_is_decided_anew(
    api: httpx.AsyncClient, run_imports: RunImports, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_client(api, phone=phone(1))
    with_phones, looked = SqlClients.with_phones, []

    async def too_early(self: SqlClients, phones: Collection[str]) -> dict[str, Client]:
        looked.append(phones)
        return {} if len(looked) == 1 else await with_phones(self, phones)

    monkeypatch.setattr(SqlClients, "with_phones", too_early)
    import_id = await upload(api, HEADER + rows(3, "Asia/Omsk"))
    await run_imports()
    assert len(looked) == 2
    assert (await status(api, import_id))["rows_accepted"] == 3
    assert {client["timezone"] for client in await all_clients(api)} == {"Asia/Omsk"}


async def test_what_no_database_can_hold_is_shown_without_it(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    lines = [
        '{"\\ud800": 1, "phone": "1"}',
        f'{{"phone": "{phone(1)}", "timezone": "\\ud800"}}',
        f'{{"phone": "{phone(1)}", "timezone": "\\u0000"}}',
        '{"a\\u0000": 1}',
        f'{{"phone": "{phone(1)}", "timezone": "UTC", "email": "\\ud800@x.com"}}',
    ]
    import_id = await upload(api, "\n".join(lines), **NDJSON)
    await run_imports()
    found = await status(api, import_id)
    assert (found["state"], found["rows_rejected"]) == ("done", 5)
    fields = [one["field"] for one in found["errors"]]
    assert fields == ["\ufffd", "timezone", "timezone", "a\ufffd", "email"]
    import_id = await upload(api, "phone,timezone,a\x00b\n")
    await run_imports()
    assert (await status(api, import_id))["errors"][0]["field"] == "a\ufffdb"


async def test_an_import_that_we_fail_at_ourselves_ends(
    api: httpx.AsyncClient, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(SqlClients, "with_phones", broken)
    import_id = await upload(api, HEADER + rows(1))
    work = asyncio.create_task(ticks.work_on_imports(ports))
    await until(lambda: has_failed(api, import_id))
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def has_failed(api: httpx.AsyncClient, import_id: int) -> bool:
    return bool((await status(api, import_id))["state"] == "failed")


async def test_a_dry_run_counts_and_writes_nothing(
    api: httpx.AsyncClient,
    run_imports: RunImports,
    outbox: Outbox,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await make_client(api, phone=phone(0), timezone="UTC")
    await make_client(api, phone=phone(1), timezone="Asia/Omsk")
    before = await all_clients(api)
    await outbox()
    monkeypatch.setattr(imports, "BATCH_ROWS", 3)
    file = "phone,timezone,tags\n" + f"{phone(0)},UTC,\n{phone(1)},UTC,\n{phone(2)},UTC,new\nx,,\n"
    runs = []
    for dry in ("true", "false"):
        answer = await api.post(
            "/clients/import", content=file, headers=CSV, params={"dry_run": dry}
        )
        await run_imports()
        runs.append(await status(api, answer.json()["id"]))
        if dry == "true":
            assert await all_clients(api) == before
            assert (await api.get("/tags")).json()["items"] == []
            assert await outbox() == []
            assert await leftovers(engine) == 0
    assert [one["dry_run"] for one in runs] == [True, False]
    for one in runs:
        assert (one["added"], one["changed"], one["unchanged"]) == (1, 1, 1)
        assert (one["rows_accepted"], one["rows_rejected"]) == (3, 1)
    assert len(await all_clients(api)) == 3


async def test_columns_are_mapped_and_the_separator_is_found(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    params = {"map": ["Телефон:phone", "Пояс:timezone", "Город:attributes.city", "№:"]}
    file = f"\ufeff№;Телефон;Пояс;Город\n1;{phone(1)};UTC;'=Omsk\n".encode()
    answer = await api.post("/clients/import", content=file, headers=CSV, params=params)
    await run_imports()
    assert (await status(api, answer.json()["id"]))["errors"] == []
    [client] = await all_clients(api)
    assert (client["phone"], client["attributes"]) == (phone(1), {"city": "=Omsk"})


@pytest.mark.parametrize(
    ("params", "headers", "field"),
    [
        ({"map": "phone"}, CSV, "map"),
        ({"map": ["a:phone", "b:timezone"]}, NDJSON, "map"),
        ({"delimiter": "tab"}, NDJSON, "delimiter"),
        ({"delimiter": "|"}, CSV, "delimiter"),
        ({"dry_run": ["true", "false"]}, CSV, "dry_run"),
        ({"dry": "true"}, CSV, "dry"),
    ],
)
async def test_options_that_make_no_sense(
    api: httpx.AsyncClient, params: dict[str, Any], headers: dict[str, str], field: str
) -> None:
    answer = await api.post("/clients/import", content=HEADER, headers=headers, params=params)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_every_error_is_listed_in_a_file(
    api: httpx.AsyncClient, run_imports: RunImports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 40)
    monkeypatch.setattr("services.api.adapters.imports.MOST_ERRORS_LISTED", 150)
    few, many, bad = [
        await upload(api, text)
        for text in (HEADER + "x,UTC\n" * 120, HEADER + "x,UTC\n" * 250, "phone,=zone\n")
    ]
    assert (await api.get(f"/imports/{few}/errors")).text == "row,field,reason\n"
    await run_imports()
    answer = await api.get(f"/imports/{few}/errors")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f'filename="import-{few}-errors.csv"' in answer.headers["content-disposition"]
    listed = list(csv.reader(answer.text.splitlines()))
    assert listed[0] == ["row", "field", "reason"]
    assert [row[:2] for row in listed[1:]] == [[f"{n}", "phone"] for n in range(1, 121)]
    of_many = list(csv.reader((await api.get(f"/imports/{many}/errors")).text.splitlines()))
    assert len(of_many) == 1 + 150 + 1
    assert of_many[-1][2] == "Listed are the first 150 of 250 rows that were rejected."
    of_bad = list(csv.reader((await api.get(f"/imports/{bad}/errors")).text.splitlines()))
    assert [row[:2] for row in of_bad[1:]] == [["0", "'=zone"]]
    assert (await api.get("/imports/987654321/errors")).status_code == 404


async def test_imports_are_listed_newest_first(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    done = [await upload(api, HEADER + rows(1)) for _ in range(3)]
    await run_imports()
    running = await upload(api, HEADER)
    listed = (await api.get("/imports", params={"limit": 2})).json()
    assert [one["id"] for one in listed["items"]] == [running, done[2]]
    assert "errors" not in listed["items"][0]
    rest = await api.get("/imports", params={"limit": 2, "cursor": listed["next_cursor"]})
    assert [one["id"] for one in rest.json()["items"]] == [done[1], done[0]]
    only = (await api.get("/imports", params={"state": "running"})).json()["items"]
    assert [one["id"] for one in only] == [running]


async def test_import_is_no_id(api: httpx.AsyncClient) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await api.request(method, "/clients/import", params={"map": "a:phone"})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_zones_are_guessed_where_the_file_has_none(
    api: httpx.AsyncClient, run_imports: RunImports, outbox: Outbox
) -> None:
    known = await make_client(api, phone="73831234567", timezone="UTC")
    content = f"phone,timezone,name\n74951234567,,Ann\n{phone(1)},,Bob\n73831234567,,Cid\n"

    async def load(**query: str) -> dict[str, Any]:
        answer = await api.post("/clients/import", content=content, headers=CSV, params=query)
        assert answer.status_code == 202, answer.text
        await run_imports()
        return await status(api, answer.json()["id"])

    found = await load()
    assert {one["field"] for one in found["errors"]} == {"timezone"}
    assert "guess_timezone" in found["errors"][0]["reason"]
    found = await load(guess_timezone="true")
    assert (found["added"], found["changed"]) == (1, 1)
    assert [(one["row"], one["field"]) for one in found["errors"]] == [(2, "timezone")]
    found = await load(guess_timezone="true", default_timezone="Asia/Omsk")
    assert (found["added"], found["unchanged"], found["errors"]) == (1, 2, [])
    zones = {
        one["name"]: (one["timezone"], one["timezone_guessed"]) for one in await all_clients(api)
    }
    assert zones == {
        "Ann": ("Europe/Moscow", True),
        "Bob": ("Asia/Omsk", True),
        "Cid": ("UTC", False),
    }
    guessed = (await api.get("/clients?timezone_guessed=true")).json()["items"]
    assert [one["name"] for one in guessed] == ["Ann", "Bob"]
    given = (await api.get("/clients?timezone_guessed=false")).json()["items"]
    assert [one["id"] for one in given] == [known["id"]]
    assert "guessed" not in str(await outbox())
    refused = await api.post("/clients/import?default_timezone=UTC", content=content, headers=CSV)
    assert [one["field"] for one in refused.json()["errors"]] == ["default_timezone"]
