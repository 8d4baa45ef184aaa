"""All that is held about a client is shown; once they are erased nothing names them."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.parked import Death, Letter, Place
from services.api.entrypoints.http.messages_models import MessageProof
from services.api.handlers.parked import park
from services.api.ports import Ports
from shared.contracts.topology import EVENTS
from tests.integration.services.api.conftest import FakePlans, FakeStatistics, Outbox, RunImports
from tests.integration.services.api.test_dead_letters import starting

PHONE, NAME, EMAIL, CITY = "79167654321", "Zebedee", "zebedee@example.net", "Qaanaaq"
SPELLED = "8 (916) 765-43-21"
BOB = "79160000001"
CSV = {"Content-Type": "text/csv"}
ROWS = f"""phone,timezone,name,email,attributes.city
{SPELLED},Europe/Moscow,{NAME},{EMAIL},{CITY}
{BOB},UTC,Bob,,
{BOB},{NAME},Bob,,
{BOB},{SPELLED},Bob,,
{BOB},Nowhere,Bob,,
"""


def example() -> dict[str, Any]:
    """A message as the document of the API shows it."""
    shown: Any = MessageProof.model_config["json_schema_extra"]
    message: dict[str, Any] = shown["examples"][0]
    return message


async def imported(api: httpx.AsyncClient, run_imports: RunImports) -> tuple[int, int]:
    """The client's id, and the import's."""
    answer = await api.post("/clients/import", content=ROWS, headers=CSV)
    await run_imports()
    [client] = (await api.get("/clients", params={"phone": PHONE})).json()["items"]
    return client["id"], answer.json()["id"]


async def dump(engine: AsyncEngine) -> str:
    """Every row of every table, with whatever is written in bytes."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    told: list[str] = []
    async with engine.connect() as connection:
        await connection.execute(text("SET bytea_output = 'escape'"))
        for table in (await connection.scalars(text(tables))).all():
            rows = await connection.scalars(text(f'SELECT CAST(t AS text) FROM "{table}" t'))  # noqa: S608
            told += rows.all()
        await connection.rollback()
    return "\n".join(told)


async def everywhere(
    api: httpx.AsyncClient, ports: Ports, run_imports: RunImports
) -> tuple[int, int, int]:
    """A client who has left traces wherever one can; with the import's and the mailing's id."""
    client, import_ = await imported(api, run_imports)
    key = {"Idempotency-Key": "a-key"}
    await api.patch(f"/clients/{client}", json={"name": f"{NAME} II"}, headers=key)
    body = starting(text="Hi {{ name }} of {{ attributes.city }}")
    mailing = (await api.post("/mailings", json=body)).json()["id"]
    key = {"Idempotency-Key": "another-key"}
    path = f"/mailings/{mailing}/test-send"
    sent = await api.post(path, json={"phones": [PHONE]}, headers=key)
    assert sent.status_code == 202, sent.text
    for word in (PHONE, EMAIL, BOB):
        where = Death("stats.events", Place(EVENTS, "mailing.changed"), "rejected")
        await park(ports, Letter(where, f'{{"address": "{word}"}}'.encode()))
    return client, import_, mailing


async def test_nothing_names_who_was_erased(
    api: httpx.AsyncClient,
    engine: AsyncEngine,
    ports: Ports,
    outbox: Outbox,
    run_imports: RunImports,
) -> None:
    client, import_, mailing = await everywhere(api, ports, run_imports)
    words = (PHONE, PHONE[1:], SPELLED, NAME, EMAIL, CITY)
    await outbox()  # the relay has taken it
    before = await dump(engine)
    assert [word for word in words if word not in before] == []
    seen = (await api.get(f"/mailings/{mailing}")).json()
    erased = await api.post(f"/clients/{client}/erase")
    assert erased.status_code == 200, erased.text
    assert (erased.json()["imports"], len(erased.json()["parked"])) == (1, 2)
    await outbox()
    after = await dump(engine)
    assert [word for word in words if word in after] == []
    assert BOB in after
    errors = (await api.get(f"/imports/{import_}")).json()["errors"]
    assert [one["row"] for one in errors] == [3, 4, 5]
    gone = "What was wrong told of a client who has been erased."
    assert [one["reason"] == gone for one in errors] == [True, True, False]
    assert (await api.get(f"/mailings/{mailing}")).json() == seen
    assert (await api.post(f"/clients/{client}/erase")).status_code == 404
    [entry] = (await api.get("/audit?action=clients.erase")).json()["items"]
    assert entry["facts"] == {"imports": 1, "parked": erased.json()["parked"]}


async def test_nobody_is_erased_while_a_file_may_name_them(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    client, _ = await imported(api, run_imports)
    await api.post("/clients/import", content=ROWS, headers=CSV)
    assert (await api.post(f"/clients/{client}/erase")).status_code == 409
    assert (await api.get(f"/clients/{client}")).status_code == 200
    await run_imports()
    assert (await api.post(f"/clients/{client}/erase")).status_code == 200


async def test_an_erasure_is_meant_for_a_version(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    client, _ = await imported(api, run_imports)
    headers = {"If-Match": '"another"'}
    answer = await api.post(f"/clients/{client}/erase", headers=headers)
    assert answer.status_code == 412


async def test_all_that_is_held_is_one_document(
    api: httpx.AsyncClient,
    ports: Ports,
    plans: FakePlans,
    stats: FakeStatistics,
    run_imports: RunImports,
) -> None:
    client, _, mailing = await everywhere(api, ports, run_imports)
    plans.messages = [70]
    told = example() | {"mailing_id": mailing, "client_id": client}
    stats.answer = told
    answer = await api.get(f"/clients/{client}/data")
    assert answer.status_code == 200, answer.text
    held = answer.json()
    assert plans.asked == client
    assert held["client"]["phone"] == PHONE
    [trial] = held["test_sends"]
    assert trial["mailing_id"] == mailing
    assert [one["test"] for one in held["messages"]] == [False, True]
    [call], [said] = held["messages"][0]["attempts"], told["attempts"]
    assert (call["text_sha256"], call["utc_offset"]) == (said["text_sha256"], "+03:00")
    assert [one["action"] for one in held["deeds"]] == ["clients.change"]


@pytest.mark.parametrize("path", ["data", "erase"])
async def test_who_is_not_there_has_no_data(api: httpx.AsyncClient, path: str) -> None:
    method = "GET" if path == "data" else "POST"
    assert (await api.request(method, f"/clients/999/{path}")).status_code == 404
