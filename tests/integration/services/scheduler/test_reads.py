"""What the gateway reads from a scheduler: plans, and where a client stands in a mailing."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.adapters.readings import PostgresReadings
from services.scheduler.entrypoints.http import reads
from services.scheduler.handlers import previewing
from services.scheduler.handlers.explaining import Explanations
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.previewing import Previews
from shared.contracts.directory import ClientsChanged
from shared.contracts.mailings import MailingChanged, MailingSpec
from shared.runtime.database import make_engine
from shared.runtime.migrate import migrate
from shared.runtime.problems import answer_with_problems
from shared.runtime.service_token import token_check
from tests.support.examples import client, clients, mailing, spec
from tests.support.servers import PostgresForTests

NOW = datetime(2026, 10, 24, 12, tzinfo=UTC)  # the day before Europe's clocks go back
TABLES = "client, zone, crowd, frozen, mailing, wave, message, batch, pace"
TOKEN = "the token of services"
MOSCOW, BERLIN, TOKYO = "Europe/Moscow", "Europe/Berlin", "Asia/Tokyo"


@dataclass
class FakeClock:
    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant


@dataclass
class Scheduler:
    """Plans, but emits nothing."""

    engine: AsyncEngine
    planner: Planner
    http: httpx.AsyncClient

    async def know(self, *events: ClientsChanged) -> None:
        for event in events:
            await self.planner.on_clients_changed(event)

    async def preview(self, wanted: MailingSpec, client_id: int | None = None) -> Any:
        answer = await self.http.post(
            "/plan",
            content=wanted.model_dump_json(by_alias=True),
            headers={"Content-Type": "application/json"},
            params={} if client_id is None else {"client_id": client_id},
        )
        return answer.json()

    async def up_to(self, position: int) -> tuple[bool, int]:
        """Whether a plan counts everything up to there, and how many it counts."""
        answer = await self.http.post(
            "/plan",
            content=sunday().model_dump_json(by_alias=True),
            headers={"Content-Type": "application/json"},
            params={"position": position},
        )
        return answer.json()["up_to_date"], answer.json()["audience"]

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def sql(self, statement: str, **parameters: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), parameters)


@pytest_asyncio.fixture(scope="module")
async def engine(postgres: PostgresForTests) -> AsyncIterator[AsyncEngine]:
    url = await postgres.new_database("scheduler")
    await asyncio.to_thread(migrate, "scheduler", url)
    engine = make_engine(url, pool=4, application="test")
    yield engine
    await engine.dispose()


@pytest.fixture
async def scheduler(engine: AsyncEngine) -> AsyncIterator[Scheduler]:
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {TABLES}"))
        await connection.execute(text("UPDATE control SET clients_position = 0"))
    clock, app = FakeClock(), FastAPI()
    directory, readings = PostgresDirectory(engine), PostgresReadings(engine)
    answer_with_problems(app)
    routes = reads(Previews(directory, readings, clock), Explanations(readings, clock))
    app.include_router(routes, dependencies=[token_check(TOKEN)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://scheduler",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as http:
        yield Scheduler(engine, Planner(directory, PostgresPlans(engine), clock), http)


def sunday(**changes: Any) -> MailingSpec:
    """Local time, Sunday from ten to noon."""
    start = datetime.fromisoformat("2026-10-25")
    window = {"from": "10:00", "to": "12:00"}
    facts: dict[str, Any] = {"starts_at": start, "ends_at": start + timedelta(days=1)}
    return spec(**(facts | {"timing": "local", "window": window} | changes))


def by_zone(plan: Any) -> dict[str, Any]:
    return {zone["timezone"]: zone for zone in plan["by_zone"]}


async def test_a_preview_to_the_last_number(scheduler: Scheduler) -> None:
    await scheduler.know(
        clients(range(1, 4)),
        clients(range(4, 9), timezone=BERLIN, tags=["vip"]),
        clients([9], timezone="Mars/Olympus"),
        clients([10], timezone=TOKYO, operator_code="777"),
    )
    plan = await scheduler.preview(sunday(text="Привет", rate_per_second=0.01))
    assert [one["client_id"] for one in plan["samples"]] == [4, 1, 5]
    zones = by_zone(plan)
    assert list(zones) == [TOKYO, MOSCOW, BERLIN, "Mars/Olympus"]
    assert zones[BERLIN] == {
        "timezone": BERLIN,
        "clients": 5,
        "reached": 5,
        "opens_at": "2026-10-25T09:00:00Z",
        "closes_at": "2026-10-25T11:00:00Z",
        "opens_at_local": "2026-10-25T10:00:00+01:00",
        "closes_at_local": "2026-10-25T12:00:00+01:00",
        # Moscow, from 07:00 to 09:00, needs 300 s of its own.
        "expected_start": "2026-10-25T09:00:00Z",
        "expected_end": "2026-10-25T09:08:20Z",
        "missed": 0,
        "reason": None,
        "clock_change": {
            "at": "2026-10-25T01:00:00Z",
            "offset_before": "+02:00",
            "offset_after": "+01:00",
            "effect": "shifted",
            "explanation": "On 2026-10-25 clocks go back from 03:00 to 02:00"
            " (UTC+02:00 becomes UTC+01:00): the window keeps its local hours,"
            " which come 1 hour later by UTC than the day before.",
        },
        "state": None,
        "rows": 0,
    }
    lost = zones["Mars/Olympus"]
    assert (lost["clients"], lost["missed"], lost["reason"]) == (1, 1, "unknown_zone")
    assert (lost["opens_at_local"], lost["expected_start"]) == (None, None)
    del plan["by_zone"], plan["samples"], plan["tzdata"]
    assert plan == {
        "up_to_date": True,
        "planned_at": "2026-10-24T12:00:00Z",
        "audience": 10,
        "audience_mode": "live",
        "reached": 9,
        "rate": {"per_second": 0.01, "basis": "mailing"},
        "first_opens_at": "2026-10-25T01:00:00Z",
        "expected_end": "2026-10-25T09:08:20Z",
        "left_out": {
            "window_passed": 0,
            "too_late": 0,
            "rate": 0,
            "unknown_zone": 1,
            "blocked": 0,
            "template_variable_missing": 0,
        },
        "text": {
            "encoding": "UCS-2",
            "characters": 6,
            "units": 6,
            "parts": 1,
            "longest_parts": 1,
            "sampled": 0,
            "missing": {},
        },
        "cost": {"messages": 9, "parts": 9, "estimated": False},
    }


async def test_only_those_who_match_are_counted_and_shown(scheduler: Scheduler) -> None:
    await scheduler.know(
        clients(range(1, 6)),
        clients(range(6, 9), tags=["vip", "new"]),
        clients([9, 10], timezone=TOKYO, tags=["vip"]),
    )
    plan = await scheduler.preview(sunday(filter={"tags": ["vip"]}))
    assert {name: zone["clients"] for name, zone in by_zone(plan).items()} == {MOSCOW: 3, TOKYO: 2}
    assert {one["client_id"] for one in plan["samples"]} <= {6, 7, 8, 9, 10}
    assert len(plan["samples"]) == 3
    nobody = await scheduler.preview(sunday(filter={"tags": ["none"]}))
    assert (nobody["audience"], nobody["by_zone"], nobody["expected_end"]) == (0, [], None)


async def test_who_is_blocked_is_counted_and_not_shown(scheduler: Scheduler) -> None:
    await scheduler.know(
        clients([1], blocked=True, tags=["vip"]),
        clients([2], tags=["vip"]),
        clients([3], blocked=True),
        clients([4, 5], timezone=TOKYO, tags=["vip"], blocked=True),
    )
    wanted = sunday(filter={"tags": ["vip"]})
    plan = await scheduler.preview(wanted)
    assert (plan["audience"], plan["reached"], plan["left_out"]["blocked"]) == (4, 1, 3)
    assert by_zone(plan)[TOKYO]["reason"] == "blocked"
    assert [one["client_id"] for one in plan["samples"]] == [2]
    frozen = sunday(filter={"tags": ["vip"]}, audience="frozen")
    for number, each in ((7, wanted), (8, frozen)):
        launched = mailing(number).model_copy(update={"spec": each})
        await scheduler.planner.on_mailing_changed(launched)
        told = await scheduler.get(f"/mailings/{number}/plan")
        assert (told["audience"], told["left_out"]["blocked"]) == (4, 3)
    assert (await scheduler.get("/mailings/7/clients/1"))["client"]["blocked"]
    await scheduler.sql("UPDATE wave SET cursor = 1, rows = 1 WHERE timezone = :z", z=MOSCOW)
    row = (
        "INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state, ended_as,"
        " reason) VALUES (1, 7, 1, :z, 1, 'ended', 'suppressed', 'blocked')"
    )
    await scheduler.sql(row, z=MOSCOW)
    again = await scheduler.get("/mailings/7/plan")
    assert (again["audience"], again["left_out"]["blocked"]) == (4, 3), "nobody counts twice"
    await scheduler.know(clients([4, 5], revision=2, timezone=TOKYO, tags=["vip"]))
    assert (await scheduler.preview(wanted))["left_out"]["blocked"] == 1


async def test_a_rate_that_is_too_low_misses_the_rest(scheduler: Scheduler) -> None:
    await scheduler.know(clients(range(1, 11)))
    plan = await scheduler.preview(sunday(rate_per_second=0.001))
    zone = by_zone(plan)[MOSCOW]
    assert (zone["reached"], zone["missed"], zone["reason"]) == (7, 3, "rate")
    assert (plan["reached"], plan["left_out"]["rate"]) == (7, 3)
    assert plan["expected_end"] == "2026-10-25T09:00:00Z"


async def test_the_measured_pace_is_the_basis(scheduler: Scheduler) -> None:
    assert (await scheduler.preview(sunday()))["rate"]["basis"] == "assumed"
    await scheduler.sql("INSERT INTO pace VALUES ('sms', 42.5, now())")
    measured = {"per_second": 42.5, "basis": "measured"}
    assert (await scheduler.preview(sunday()))["rate"] == measured
    assert (await scheduler.preview(sunday(rate_per_second=50.0)))["rate"] == measured
    own = await scheduler.preview(sunday(rate_per_second=40.0))
    assert own["rate"] == {"per_second": 40.0, "basis": "mailing"}


async def test_a_late_launch_is_told(scheduler: Scheduler) -> None:
    await scheduler.know(clients([1]))
    today = sunday(
        starts_at=datetime.fromisoformat("2026-10-24"), window={"from": "14:00", "to": "20:00"}
    )
    zone = by_zone(await scheduler.preview(today))[MOSCOW]
    assert (zone["opens_at"], zone["missed"]) == ("2026-10-24T11:00:00Z", 0)
    late = today.model_copy(update={"max_lateness": 30})
    zone = by_zone(await scheduler.preview(late))[MOSCOW]
    assert (zone["opens_at"], zone["missed"]) == ("2026-10-25T11:00:00Z", 0)
    ends = late.model_copy(update={"ends_at": datetime.fromisoformat("2026-10-25")})
    zone = by_zone(await scheduler.preview(ends))[MOSCOW]
    assert (zone["opens_at"], zone["missed"], zone["reason"]) == (None, 1, "too_late")


async def test_templates_are_rendered_for_a_sample(scheduler: Scheduler) -> None:
    await scheduler.know(
        clients([1, 2, 3], name="Ann", attributes={"city": "Omsk"}),
        clients([4], name="Bob", timezone=TOKYO),
    )
    plan = await scheduler.preview(sunday(text="{{ name }} of {{ attributes.city }}"))
    assert plan["text"] == {
        "encoding": "GSM-7",
        "characters": 11,
        "units": 11,
        "parts": 1,
        "longest_parts": 1,
        "sampled": 4,
        "missing": {"attributes.city": 1},
    }
    assert plan["left_out"]["template_variable_missing"] == 1
    assert (plan["audience"], plan["reached"]) == (4, 3)
    assert plan["cost"] == {"messages": 3, "parts": 3, "estimated": False}
    assert plan["samples"][0] == {
        "client_id": 1,
        "timezone": MOSCOW,
        "text": "Ann of Omsk",
        "missing": None,
        "parts": 1,
    }
    assert plan["samples"][1]["missing"] == "attributes.city"


async def test_the_client_asked_for_is_the_sample(scheduler: Scheduler) -> None:
    await scheduler.know(clients([1, 2, 3], name="Ann"), clients([4], name="Bob"))
    plan = await scheduler.preview(sunday(text="Hi {{ name }}"), client_id=4)
    assert [one["text"] for one in plan["samples"]] == ["Hi Bob"]
    await scheduler.know(ClientsChanged(clients=(client(4, revision=2, deleted=True),)))
    refused = await scheduler.preview(sunday(), client_id=4)
    assert refused["errors"] == [{"field": "client_id", "reason": "There is no such client."}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "{{ surname }}"}, "text"),
        ({"window": {"from": "10:00", "to": "25:00"}}, "window.to"),
    ],
)
async def test_what_cannot_be_planned_is_named(
    scheduler: Scheduler, changes: dict[str, Any], field: str
) -> None:
    refused = await scheduler.preview(sunday(**changes))
    assert refused["status"] == 422
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_nobody_without_the_token(scheduler: Scheduler) -> None:
    for method, path in [("POST", "/plan"), ("GET", "/mailings/1/plan")]:
        answer = await scheduler.http.request(method, path, headers={"Authorization": "Bearer x"})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_launched_mailing_is_told_as_it_stands(scheduler: Scheduler) -> None:
    await scheduler.know(clients(range(1, 11)), clients(range(11, 16), timezone=TOKYO))
    launched = mailing(7).model_copy(update={"spec": sunday(rate_per_second=0.01)})
    await scheduler.planner.on_mailing_changed(launched)
    path = "/mailings/7/plan"
    fresh = await scheduler.get(path)
    preview = await scheduler.preview(launched.spec)
    for zone in preview["by_zone"]:
        zone["state"] = "pending"
    assert fresh == preview
    await scheduler.sql("UPDATE wave SET rows = 6, phase = 'open' WHERE timezone = :z", z=MOSCOW)
    await scheduler.sql(ROWS, zone=MOSCOW, ended=2)
    await scheduler.sql("UPDATE wave SET rows = 5, phase = 'ended' WHERE timezone = :z", z=TOKYO)
    zones = by_zone(await scheduler.get(path))
    moscow, tokyo = zones[MOSCOW], zones[TOKYO]
    assert (moscow["clients"], moscow["reached"], moscow["missed"]) == (10, 8, 2)
    assert (moscow["reason"], moscow["rows"], moscow["state"]) == ("client_deleted", 6, "open")
    assert moscow["expected_end"] == "2026-10-25T07:06:40Z", "four are to come"
    assert (tokyo["state"], tokyo["reached"], tokyo["expected_end"]) == ("ended", 5, None)
    assert tokyo["opens_at"] == "2026-10-25T01:00:00Z"
    plan = await scheduler.get(path)
    assert (plan["audience"], plan["reached"]) == (15, 13)
    assert plan["left_out"]["client_deleted"] == 2


async def test_a_frozen_audience_is_shown_as_it_was_at_launch(scheduler: Scheduler) -> None:
    await scheduler.know(clients([1, 2], tags=["vip"], name="Ann"))
    wanted = sunday(audience="frozen", filter={"tags": ["vip"]}, text="Hi {{ name }}")
    await scheduler.planner.on_mailing_changed(mailing(7).model_copy(update={"spec": wanted}))
    await scheduler.know(
        clients([2], revision=2, name="Bob"), clients([3], tags=["vip"], name="Cid")
    )
    plan = await scheduler.get("/mailings/7/plan")
    assert (plan["audience_mode"], plan["audience"], plan["text"]["sampled"]) == ("frozen", 2, 2)
    assert [one["text"] for one in plan["samples"]] == ["Hi Ann", "Hi Bob"]
    preview = await scheduler.preview(wanted)
    assert preview["audience_mode"] == "frozen"
    assert [one["text"] for one in preview["samples"]] == ["Hi Ann", "Hi Cid"]


# Rows of the first clients, the last of them ended by us.
ROWS = """
    INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state, ended_as, reason)
    SELECT 100 + n, 7, n, :zone, 1,
        CASE WHEN n > 6 - CAST(:ended AS int) THEN 'ended' ELSE 'queued' END,
        CASE WHEN n > 6 - CAST(:ended AS int) THEN 'cancelled' END,
        CASE WHEN n > 6 - CAST(:ended AS int) THEN 'client_deleted' END
    FROM generate_series(1, 6) AS s (n)
"""


async def test_a_mailing_nobody_knows(scheduler: Scheduler) -> None:
    for path in ("/mailings/9/plan", "/mailings/9/clients/1"):
        answer = await scheduler.http.get(path)
        assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


async def test_where_a_client_stands(scheduler: Scheduler) -> None:
    await scheduler.know(
        clients([1], tags=["vip"]), clients([2]), clients([3], tags=["vip"], timezone=TOKYO)
    )
    wanted = sunday(filter={"tags": ["vip"], "operator_codes": ["901", "902"]})
    await scheduler.planner.on_mailing_changed(mailing(7).model_copy(update={"spec": wanted}))
    waits = await scheduler.get("/mailings/7/clients/1")
    assert waits == {
        "mailing_id": 7,
        "client_id": 1,
        "mailing": {"state": "scheduled", "revision": 1},
        "client": {
            "deleted": False,
            "timezone": MOSCOW,
            "matches_tags": True,
            "matches_operator_codes": True,
            "in_frozen": None,
            "blocked": False,
        },
        "wave": {
            "timezone": MOSCOW,
            "phase": "pending",
            "opens_at": "2026-10-25T07:00:00Z",
            "closes_at": "2026-10-25T09:00:00Z",
            "reason": None,
            "taken": False,
        },
        "message": None,
        "opening": {"opens_at": "2026-10-25T07:00:00Z", "closes_at": "2026-10-25T09:00:00Z"},
    }
    assert await matches(scheduler, [1, 2, 3]) == [(True, True), (False, True), (True, False)]
    unknown = await scheduler.get("/mailings/7/clients/99")
    assert (unknown["client"], unknown["wave"], unknown["opening"]) == (None, None, None)


async def matches(scheduler: Scheduler, ids: Iterable[int]) -> list[tuple[Any, Any]]:
    answers = [(await scheduler.get(f"/mailings/7/clients/{one}"))["client"] for one in ids]
    return [(one["matches_tags"], one["matches_operator_codes"]) for one in answers]


async def test_what_became_of_a_client(scheduler: Scheduler) -> None:
    await scheduler.know(clients([1, 2, 3]))
    launched = mailing(7, audience="frozen").model_copy(update={"spec": sunday(audience="frozen")})
    await scheduler.planner.on_mailing_changed(launched)
    await scheduler.know(clients([4]))
    await scheduler.sql("UPDATE wave SET cursor = 2, phase = 'open', begun_at = opens_at")
    await scheduler.sql(ROWS.replace("(1, 6)", "(1, 1)"), zone=MOSCOW, ended=6)
    await scheduler.know(ClientsChanged(clients=(client(3, revision=2, deleted=True),)))
    ended = await scheduler.get("/mailings/7/clients/1")
    assert ended["message"] == {
        "id": 101,
        "state": "ended",
        "dispatch": 1,
        "ended_as": "cancelled",
        "reason": "client_deleted",
        "due_at": None,
        "timezone": MOSCOW,
    }
    assert ended["wave"]["taken"] is True
    gone = await scheduler.get("/mailings/7/clients/3")
    assert gone["client"] == {
        "deleted": True,
        "timezone": None,
        "matches_tags": None,
        "matches_operator_codes": None,
        "in_frozen": True,
        "blocked": False,
    }
    assert gone["opening"] is None
    late = await scheduler.get("/mailings/7/clients/4")
    assert (late["client"]["in_frozen"], late["wave"]["taken"]) == (False, False)


async def test_a_preview_waits_for_the_clients_it_should_count(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scheduler.know(clients([1]).model_copy(update={"position": 5}))
    assert await scheduler.up_to(5) == (True, 1)
    waiting = asyncio.create_task(scheduler.up_to(6))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await scheduler.know(clients([2]).model_copy(update={"position": 6}))
    assert await waiting == (True, 2)
    monkeypatch.setattr(previewing, "LOOKS", 2)
    assert await scheduler.up_to(7) == (False, 2)


async def test_an_event_that_comes_again_takes_nothing_back(scheduler: Scheduler) -> None:
    await scheduler.know(clients([1]).model_copy(update={"position": 5}))
    await scheduler.know(clients([1]).model_copy(update={"position": 3}), clients([2]))
    assert await scheduler.up_to(5) == (True, 2)


async def test_a_plan_is_of_the_revision_that_was_asked_for(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scheduler.know(clients([1], timezone=MOSCOW))
    await scheduler.planner.on_mailing_changed(_on_sunday("before"))
    asked = asyncio.create_task(scheduler.get("/mailings/1/plan?revision=2"))
    await asyncio.sleep(0.1)
    assert not asked.done()
    await scheduler.planner.on_mailing_changed(_on_sunday("after", revision=2))
    plan = await asked
    assert (plan["up_to_date"], plan["samples"][0]["text"]) == (True, "after")
    monkeypatch.setattr(previewing, "LOOKS", 1)
    plan = await scheduler.get("/mailings/1/plan?revision=3")
    assert (plan["up_to_date"], plan["samples"][0]["text"]) == (False, "after")
    assert (await scheduler.http.get("/mailings/2/plan?revision=1")).status_code == 404


def _on_sunday(said: str, revision: int = 1) -> MailingChanged:
    return mailing(1, revision).model_copy(update={"spec": sunday(text=said)})
