"""What is kept for a number of days, and what none of them ends."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.tables import IMPORT_ERRORS, PARKED, TRIAL
from services.api.domain.parked import Death, Letter, Place
from services.api.domain.retention import Retention
from services.api.domain.users import User
from services.api.handlers.parked import park
from services.api.handlers.retention import forget_what_is_over
from services.api.ports import Ports
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingForgotten
from shared.contracts.topology import EVENTS
from tests.integration.services.api.conftest import (
    NOW,
    FakeClock,
    FakeDeadLetters,
    Outbox,
    RunImports,
    client_of,
    log_in_as,
)
from tests.integration.services.api.test_dead_letters import dead, finished, starting

CSV = {"Content-Type": "text/csv"}
ROWS = b"phone,timezone\n79160000001,Nowhere\n79160000002,UTC\n"
PHONE = "79167654321"
MONTH = Retention(imports=30, trials=30, parked=30)
Later = Callable[[timedelta], Awaitable[httpx.AsyncClient]]


@pytest.fixture
def later(app: FastAPI, ports: Ports, admin: User, clock: FakeClock) -> Later:
    """Lets time pass, and logs in: no token lives that long."""

    async def pass_by(span: timedelta) -> httpx.AsyncClient:
        clock.forward(span)
        return client_of(app, (await log_in_as(ports, admin)).access_token)

    return pass_by


async def test_imports_go_with_what_was_wrong_in_them_and_no_other(
    api: httpx.AsyncClient,
    engine: AsyncEngine,
    ports: Ports,
    later: Later,
    run_imports: RunImports,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.api.handlers.retention.IMPORTS_AT_ONCE", 1)
    old = [await imported(api) for _ in range(3)]
    await run_imports()
    api = await later(timedelta(days=29))
    young = await imported(api)
    await run_imports()
    waiting = await imported(api)
    assert await forget_what_is_over(ports, MONTH) == {}
    api = await later(timedelta(days=2))
    assert await forget_what_is_over(ports, Retention(trials=1, parked=1)) == {}
    assert await forget_what_is_over(ports, MONTH) == {"imports": 3}
    left = (await api.get("/imports")).json()["items"]
    assert [one["id"] for one in left] == [waiting, young]
    assert (await api.get(f"/imports/{old[0]}")).status_code == 404
    assert await count(engine, select(IMPORT_ERRORS.c.import_id)) == 1
    api = await later(timedelta(days=300))
    assert await forget_what_is_over(ports, MONTH) == {"imports": 1}
    assert [one["state"] for one in (await api.get("/imports")).json()["items"]] == ["running"]
    assert len((await api.get("/clients")).json()["items"]) == 1


async def test_numbers_of_test_sends_go_and_the_messages_stay_known(
    api: httpx.AsyncClient, engine: AsyncEngine, ports: Ports, later: Later
) -> None:
    mailing = (await api.post("/mailings", json=starting())).json()["id"]
    sent = await api.post(f"/mailings/{mailing}/test-send", json={"phones": [PHONE]})
    [message] = sent.json()["messages"]
    api = await later(timedelta(days=30))
    assert await forget_what_is_over(ports, MONTH) == {}
    api = await later(timedelta(seconds=1))
    assert await forget_what_is_over(ports, MONTH) == {"trials": 1}
    assert await forget_what_is_over(ports, MONTH) == {}
    assert await count(engine, select(TRIAL.c.id).where(TRIAL.c.phone.is_not(None))) == 0
    assert (await api.get(f"/messages/{message['message_id']}")).status_code == 200


async def test_what_was_put_back_goes_and_what_is_parked_stays(
    api: httpx.AsyncClient, engine: AsyncEngine, ports: Ports, later: Later
) -> None:
    where = Death("stats.events", Place(EVENTS, "mailing.changed"), "rejected")
    for body in (b"one", b"two"):
        await park(ports, Letter(where, body))
    second, first = (await api.get("/dead-letters/parked")).json()["items"]
    await api.post("/dead-letters/replay", json={"parked": [first["id"]]})
    api = await later(timedelta(days=31))
    assert await forget_what_is_over(ports, MONTH) == {"parked": 1}
    left = (await api.get("/dead-letters/parked")).json()["items"]
    assert [one["id"] for one in left] == [second["id"]]
    assert await count(engine, select(PARKED.c.id)) == 1


async def test_what_became_of_each_message_is_forgotten_when_its_mailing_ended_long_ago(
    api: httpx.AsyncClient,
    ports: Ports,
    later: Later,
    outbox: Outbox,
    dead_letters: FakeDeadLetters,
) -> None:
    old, running = await finished(api, ports), await finished(api, ports)
    dead_letters.dead = [*dead(running, 1), *dead(old, 2)]
    await api.post("/dead-letters/replay", json={"message_ids": [1]})
    await outbox()
    api = await later(timedelta(days=31))
    assert await forget_what_is_over(ports, Retention(imports=1)) == {}
    keep = Retention(messages=30)
    assert await forget_what_is_over(ports, keep) == {"mailings": 1}
    assert await forget_what_is_over(ports, keep) == {}
    gate = Gate(kind="mailing", id=old, revision=2, closed=True)
    assert await outbox() == [GatesChanged(gates=(gate,)), MailingForgotten(mailing_id=old)]
    shown = (await api.get(f"/mailings/{old}")).json()
    assert (shown["state"], shown["revision"]) == ("finished", 1)
    assert shown["forgotten_at"] is not None
    assert (await api.get(f"/mailings/{running}")).json()["forgotten_at"] is None
    [noted] = (await api.get("/audit?action=mailings.forget")).json()["items"]
    assert (noted["subject"], noted["user"]) == (f"mailings/{old}", None)
    async with ports.transactions.reading() as store:
        assert await store.mailings.past(0, 10) == []
    again = {"message_ids": [2], "ends_at": (NOW + timedelta(days=60)).isoformat()}
    refused = await api.post("/dead-letters/replay", json=again)
    assert refused.status_code == 409, refused.text
    assert await outbox() == []


async def imported(api: httpx.AsyncClient) -> int:
    answer = await api.post("/clients/import", content=ROWS, headers=CSV)
    id_: int = answer.json()["id"]
    return id_


async def count(engine: AsyncEngine, rows: Select[Any]) -> int:
    async with engine.connect() as connection:
        number = await connection.scalar(select(func.count()).select_from(rows.subquery()))
    return number or 0
