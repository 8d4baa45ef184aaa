"""Every deed leaves an entry, which is found by who, what, on what and when."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.keys import digest
from services.api.domain.users import User
from services.api.entrypoints.http.common import PREFIX
from services.api.handlers.parked import park
from services.api.handlers.users import ensure_first_admin
from services.api.ports import Ports
from tests.integration.services.api.conftest import (
    FakeClock,
    FakeDeadLetters,
    RunImports,
    client_of,
)
from tests.integration.services.api.test_dead_letters import dead, finished, starting
from tests.integration.services.api.test_parked import letter
from tests.integration.services.api.test_rights import routes

Json = dict[str, Any]

PHONE, NAME, EMAIL = "79167654321", "Zebedee", "zebedee@example.net"
ANN = {"phone": PHONE, "name": NAME, "email": EMAIL, "timezone": "UTC", "tags": ["vip"]}
LOGIN = {"email": "boss@example.com", "password": "correct horse"}
USER = {"email": "new@example.com", "password": "correct horse", "role": "viewer"}

# What changes nothing that is anybody's, and why nothing is noted.
SILENT = {
    "POST /auth/refresh": "the log-in was noted, and a token that is used twice is",
    "POST /auth/password/forgot": "strangers ask, and are not told whether anything was done",
    "POST /mailings/preview": "it only looks",
    "POST /receipts/{provider}": "receipts are no deeds; a block that STOP makes is noted",
}

# It begins a session as every log-in does, which notes it; no provider runs beside these tests.
NEEDS_A_PROVIDER = {"POST /auth/oidc/token"}


class Walk:
    """Makes requests one after the other; the audit grows with each that succeeds."""

    def __init__(self, api: httpx.AsyncClient, engine: AsyncEngine) -> None:
        self.walked: set[str] = set()
        self._api = api
        self._engine = engine

    async def entries(self) -> int:
        async with self._engine.connect() as connection:
            return await connection.scalar(text("SELECT count(*) FROM audit")) or 0

    async def go(self, route: str, *, by: httpx.AsyncClient | None = None, **request: Any) -> Any:
        """``route`` has its ids where the document has names: ``POST /mailings/7/launch``, with
        ``/mailings/{mailing_id}/launch`` in front of ``:`` when they differ."""
        documented, _, path = route.partition(": ")
        method, name = documented.split(" ")
        before = await self.entries()
        answer = await (by or self._api).request(method, path or name, **request)
        assert answer.is_success, (route, answer.text)
        assert await self.entries() > before, f"{route} left no entry"
        self.walked.add(documented)
        return answer.json() if answer.content else None


@pytest_asyncio.fixture
async def boss(app: FastAPI, ports: Ports) -> AsyncIterator[httpx.AsyncClient]:
    """Who logs in with a password."""
    assert await ensure_first_admin(ports, LOGIN["email"], LOGIN["password"])
    async with client_of(app, "") as client:
        yield client


async def log_in(walk: Walk, boss: httpx.AsyncClient) -> None:
    tokens = await walk.go("POST /auth/login", by=boss, json=LOGIN)
    boss.headers["Authorization"] = f"Bearer {tokens['access_token']}"


async def test_every_write_leaves_an_entry(
    app: FastAPI,
    api: httpx.AsyncClient,
    boss: httpx.AsyncClient,
    engine: AsyncEngine,
    ports: Ports,
    dead_letters: FakeDeadLetters,
) -> None:
    walk = Walk(api, engine)
    await _accounts(walk, boss)
    await _forgotten_password(walk, ports)
    await _directory(walk)
    await _mailings(walk)
    await _webhooks(walk, ports)
    await _desk(walk, api, ports, dead_letters)
    writes = {name for name in routes(app) if not name.startswith("GET ")}
    assert writes - walk.walked == SILENT.keys() | NEEDS_A_PROVIDER
    async with engine.connect() as connection:
        kept = str((await connection.execute(text("SELECT * FROM audit"))).all())
    for secret in (PHONE, NAME, EMAIL, "correct horse", "Hello"):
        assert secret not in kept


async def _accounts(walk: Walk, boss: httpx.AsyncClient) -> None:
    await log_in(walk, boss)
    [first] = (await boss.get("/auth/sessions")).json()["items"]
    await log_in(walk, boss)
    one = f"DELETE /auth/sessions/{{session_id}}: /auth/sessions/{first['id']}"
    await walk.go(one, by=boss)
    await boss.post("/auth/login", json=LOGIN)
    await walk.go("DELETE /auth/sessions", by=boss)
    new = {"current_password": LOGIN["password"], "new_password": LOGIN["password"] + "!"}
    await walk.go("POST /auth/password", by=boss, json=new)
    token = await walk.go(
        "POST /auth/tokens", by=boss, json={"name": "a", "scopes": ["clients:read"]}
    )
    await walk.go(f"DELETE /auth/tokens/{{token_id}}: /auth/tokens/{token['id']}", by=boss)
    token = await walk.go(
        "POST /auth/tokens", by=boss, json={"name": "b", "scopes": ["clients:read"]}
    )
    me = (await boss.get("/auth/me")).json()["id"]
    theirs = "/users/{user_id}/tokens/{token_id}"
    await walk.go(f"DELETE {theirs}: /users/{me}/tokens/{token['id']}")
    await walk.go("POST /auth/logout", by=boss)
    user = await walk.go("POST /users", json=USER)
    at = f"/users/{user['id']}"
    await walk.go(f"PATCH /users/{{user_id}}: {at}", json={"role": "manager"})
    await walk.go(f"DELETE /users/{{user_id}}: {at}")
    invited = {"email": "guest@example.com", "role": "viewer"}
    one = await walk.go("POST /users/invitations", json=invited)
    gone = f"/users/invitations/{one['id']}"
    await walk.go(f"DELETE /users/invitations/{{invitation_id}}: {gone}")
    one = await walk.go("POST /users/invitations", json=invited)
    told = {"email": invited["email"], "password": "correct horse", "invitation": one["token"]}
    await walk.go("POST /auth/register", json=told)
    made = await walk.go("POST /departments", json={"name": "Sales"})
    at = f"/departments/{made['id']}"
    await walk.go(f"PATCH /departments/{{department_id}}: {at}", json={"name": "Shop"})
    await walk.go(f"DELETE /departments/{{department_id}}: {at}")


async def _forgotten_password(walk: Walk, ports: Ports) -> None:
    key = "a key of a mail"
    async with ports.transactions.begin() as store:
        user = await store.users.by_email(LOGIN["email"])
        assert user is not None
        now = ports.clock.now()
        await store.resets.add(digest(key), user.id, now, now + timedelta(hours=1))
    told = {"token": key, "password": LOGIN["password"]}
    await walk.go("POST /auth/password/reset", json=told)


async def _directory(walk: Walk) -> None:
    client = await walk.go("POST /clients", json=ANN)
    one = f"/clients/{{client_id}}: /clients/{client['id']}"
    await walk.go(f"PUT {one}", json=ANN | {"timezone": "Asia/Omsk"})
    await walk.go(f"PATCH {one}", json={"name": f"{NAME} II"})
    block = await walk.go("POST /policies/blocks", json={"client_id": client["id"]})
    lifted = f"/policies/blocks/{block['id']}"
    await walk.go(f"DELETE /policies/blocks/{{block_id}}: {lifted}")
    await walk.go(f"DELETE {one}")
    client = await walk.go("POST /clients", json=ANN)
    one = f"/clients/{{client_id}}/erase: /clients/{client['id']}/erase"
    await walk.go(f"POST {one}")
    rows = f"phone,timezone,name\n{PHONE},UTC,{NAME}\n"
    csv_file = {"Content-Type": "text/csv"}
    await walk.go("POST /clients/import", content=rows, headers=csv_file)
    many = {"action": "tag", "tags": ["old"], "filter": {"phones": [PHONE]}}
    await walk.go("POST /clients/bulk", json=many)
    await walk.go("POST /tags", json={"name": "new"})
    await walk.go("DELETE /tags/{tag}: /tags/new")


async def _mailings(walk: Walk) -> None:
    mailing = await walk.go("POST /mailings", json=starting(draft=True))
    at, name = f"/mailings/{mailing['id']}", "/mailings/{mailing_id}"
    await walk.go(f"PUT {name}: {at}", json=starting(text="Hello again"))
    await walk.go(f"PATCH {name}: {at}", json={"name": "Summer"})
    for step in ("launch", "pause", "resume", "cancel", "clone"):
        await walk.go(f"POST {name}/{step}: {at}/{step}")
    await walk.go(f"POST {name}/test-send: {at}/test-send", json={"phones": [PHONE]})
    await walk.go(f"DELETE {name}: {at}")


async def _webhooks(walk: Walk, ports: Ports) -> None:
    body = {"name": "CRM", "url": "https://example.com/", "events": ["message.sent"]}
    webhook = await walk.go("POST /webhooks", json=body)
    at, name = f"/webhooks/{webhook['id']}", "/webhooks/{webhook_id}"
    await walk.go(f"PATCH {name}: {at}", json={"name": "Shop"})
    await walk.go(f"POST {name}/secret: {at}/secret", json={})
    ping = await walk.go(f"POST {name}/test: {at}/test")
    async with ports.transactions.begin() as store:
        await store.hook_log.give_up(webhook["id"], ports.clock.now())
    replay = f"deliveries/{ping['id']}/replay"
    await walk.go(f"POST {name}/deliveries/{{delivery_id}}/replay: {at}/{replay}")
    await walk.go(f"DELETE {name}: {at}")


async def _desk(
    walk: Walk, api: httpx.AsyncClient, ports: Ports, dead_letters: FakeDeadLetters
) -> None:
    mailing = await finished(api, ports)
    dead_letters.dead = dead(mailing, 1)
    await walk.go("POST /dead-letters/replay", json={"message_ids": [1]})
    dead_letters.dead = dead(mailing, 2, status="unknown")
    await walk.go("POST /dead-letters/resolve", json={"message_ids": [2], "as": "sent"})
    await park(ports, letter())
    [parked] = (await api.get("/dead-letters/parked")).json()["items"]
    one = f"/dead-letters/parked/{parked['id']}"
    await walk.go(f"DELETE /dead-letters/parked/{{parked_id}}: {one}")


async def test_what_changes_nothing_leaves_no_entry(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    client = (await api.post("/clients", json=ANN)).json()["id"]
    mailing = (await api.post("/mailings", json=starting())).json()["id"]
    await api.post(f"/mailings/{mailing}/pause")
    before = await Walk(api, engine).entries()
    assert (await api.put(f"/clients/{client}", json=ANN)).status_code == 200
    assert (await api.post(f"/mailings/{mailing}/pause")).status_code == 200
    assert (await api.post("/clients", json=ANN)).status_code == 409
    assert await Walk(api, engine).entries() == before


async def test_the_end_of_an_import_is_noted_with_its_counts(
    api: httpx.AsyncClient, run_imports: RunImports
) -> None:
    rows = f"phone,timezone\n{PHONE},UTC\n{PHONE}x,UTC\n"
    answer = await api.post("/clients/import", content=rows, headers={"Content-Type": "text/csv"})
    await run_imports()
    query = {"subject": f"imports/{answer.json()['id']}"}
    end, start = (await api.get("/audit", params=query)).json()["items"]
    assert (start["action"], start["facts"]) == ("imports.start", {"format": "csv"})
    assert start["user"] is not None
    counts = {"rows_read": 2, "rows_accepted": 1, "rows_rejected": 1}
    assert (end["action"], end["facts"]) == ("imports.end", {"state": "done"} | counts)
    assert (end["user"], end["address"]) == (None, None)


async def test_strangers_do_not_fill_it(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient, boss: httpx.AsyncClient
) -> None:
    wrong = LOGIN | {"password": "incorrect horse"}
    assert (await anonymous.post(f"{PREFIX}/auth/login", json=wrong)).status_code == 401
    assert (await api.get("/audit")).json()["items"] == []


async def test_a_refresh_token_that_comes_twice_is_noted(
    anonymous: httpx.AsyncClient, api: httpx.AsyncClient, boss: httpx.AsyncClient
) -> None:
    login = await anonymous.post(f"{PREFIX}/auth/login", json=LOGIN)
    stolen = {"refresh_token": login.json()["refresh_token"]}
    answers = [await anonymous.post(f"{PREFIX}/auth/refresh", json=stolen) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 401]
    reused, granted = (await api.get("/audit")).json()["items"]
    assert (reused["action"], granted["action"]) == ("sessions.refresh_reused", "sessions.begin")
    assert reused["request_id"] == answers[1].headers["x-request-id"]
    assert granted["request_id"] == login.headers["x-request-id"]
    assert reused["facts"] == granted["facts"]


async def test_it_is_searched(api: httpx.AsyncClient, clock: FakeClock, admin: User) -> None:
    for name in ("one", "two", "three"):
        await api.post("/tags", json={"name": name})
        clock.forward(timedelta(minutes=10))
    client = (await api.post("/clients", json=ANN)).json()["id"]

    async def found(**query: Any) -> list[str]:
        answer = await api.get("/audit", params=query)
        assert answer.status_code == 200, answer.text
        return [one["subject"] for one in answer.json()["items"]]

    assert await found(action="tags.add") == ["tags/three", "tags/two", "tags/one"]
    assert await found(subject="tags/two") == ["tags/two"]
    assert await found(user_id=admin.id, action="clients.add") == [f"clients/{client}"]
    assert await found(user_id=admin.id + 1) == []
    span = {"from": "2026-11-21T12:10:00Z", "to": "2026-11-21T12:20:00Z"}
    assert await found(**span) == ["tags/two"]
    page = (await api.get("/audit", params={"action": "tags.add", "limit": 2})).json()
    rest = {"action": "tags.add", "cursor": page["next_cursor"]}
    assert await found(**rest) == ["tags/one"]


@pytest.mark.parametrize("query", ["action=sing", "user_id=0", "from=now", "to=2026-11-21T12:00"])
async def test_a_filter_that_nothing_can_match_is_refused(
    api: httpx.AsyncClient, query: str
) -> None:
    answer = await api.get(f"/audit?{query}")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [query.partition("=")[0]]


async def test_as_a_file(api: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """Of several pages; what would be a formula to a spreadsheet is none."""
    many = text("""
        INSERT INTO audit (at, address, action, subject, facts)
        SELECT now(), '=1+1', 'tags.add', 'tags/' || n, '{"n": "a,b"}'
        FROM generate_series(1, 1201) AS n
    """)
    async with engine.begin() as connection:
        await connection.execute(many)
    await api.post("/clients", json=ANN)
    answer = await api.get("/audit/export", params={"action": "tags.add"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["subject"] for row in rows] == [f"tags/{n}" for n in range(1201, 0, -1)]
    assert {(row["address"], row["facts"], row["user"]) for row in rows} == {
        ("'=1+1", '{"n": "a,b"}', "")
    }


async def test_a_search_uses_an_index(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for condition, index in (
            ("user_id = 1", "audit_user"),
            ("action = 'tags.add'", "audit_action"),
            ("subject = 'tags/1'", "audit_subject"),
        ):
            plan = await connection.execute(
                text(f"EXPLAIN SELECT * FROM audit WHERE {condition} ORDER BY id DESC LIMIT 5")  # noqa: S608
            )
            assert index in str(plan.all())
