"""The document of the API against the API: schemathesis asks whatever the document allows, and much
that it does not, as each role, over a real port and with a real database.

It finds something under every id, and what is valid by the document means something, or most would
be answered 404 and 422 (schemathesis_world.py, schemathesis_hooks.py): every operation has to take
some request.

What is checked: no 5xx, no status, media type, header or body that is not documented, what is valid
is taken and what is not is refused, nobody gets in without a token, what was deleted is gone.
"""

import asyncio
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from services.api.adapters.smtp import SmtpPostman
from services.api.domain.users import NewUser, Role, TokenUse, User
from services.api.entrypoints.http.common import PREFIX
from services.api.entrypoints.http.messages_models import MessageProof
from services.api.entrypoints.http.metrics import REQUESTS
from services.api.entrypoints.http.plans_models import MailingPlan, Plan
from services.api.ports import Ports
from shared.contracts.mailings import MailingSpec
from shared.contracts.statuses import Status
from tests.integration.services.api.conftest import (
    ADMIN,
    FakePlans,
    FakeStatistics,
    RunBulks,
    RunImports,
    a_user,
    app_around,
    client_of,
    log_in_as,
)
from tests.integration.services.api.schemathesis_world import PASSWORD, World, filled
from tests.integration.services.api.waiting import until

Answers = defaultdict[str, Counter[int]]

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
# Refused for what it means, 422 is a right answer to what is valid by the document; a check of ours
# (schemathesis_hooks.py) looks at what it is refused for.
CONFIG = """
[generation]
max-examples = 3

# Whole stories: what an answer tells is asked for next.
[phases.stateful]
generation.max-examples = {stories}
max-steps = 12

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "401", "403", "404", "409", "412", "422", "429"]

# Whatever it is, it is taken as a file: what is wrong in it is told row by row, later.
[[operations]]
include-path = "/api/v1/clients/import"
checks.negative_data_rejection.enabled = false
"""

# What is derived from the document, case by case, is asked once, by whoever gets everywhere, and in
# parts. The longest takes half a minute, three quarters of one on a busy machine; one that takes so
# many seconds hangs.
LONGEST = 120
SOME = "examples,fuzzing,stateful"
_MAILINGS = "^/api/v1/mailings"
# All other sessions are ended there, so ending one is asked elsewhere; nobody is erased while an
# import waits, so they are apart, too.
_CALLERS = "^/api/v1/(auth(?!/sessions/)|users|departments|webhooks|receipts|clients/import)"
PARTS = {
    "all": ("--include-path-regex", "."),
    "mailings": ("--include-path-regex", _MAILINGS),
    "callers": ("--include-path-regex", _CALLERS),
    "others": ("--exclude-path-regex", f"{_MAILINGS}|{_CALLERS}"),
}
RUNS = [
    *((role, SOME, "all") for role in ("viewer", "manager", "admin")),
    *(("admin", "coverage", part) for part in ("mailings", "callers", "others")),
]
ROLES = {
    "viewer": NewUser("viewer@example.com", "", Role.VIEWER),
    "manager": NewUser("manager@example.com", "", Role.MANAGER, may_launch=True),
    "admin": NewUser("boss@example.com", "", Role.ADMIN, may_launch=True),
}
ANOTHER = NewUser("another@example.com", "", Role.VIEWER)
# What cannot be answered here but by a refusal.
NEVER = {
    "GET /auth/oidc/login": "Nobody logs in through a provider.",
    "GET /auth/oidc/callback": "As above.",
    "POST /auth/oidc/token": "As above.",
    "POST /receipts/{provider}": "Nothing signs the bytes that schemathesis sends.",
}
# By the role: what takes nothing from a viewer leads nowhere, and is asked again and again.
STORIES = {"viewer": 5, "manager": 25, "admin": 50}
# By the role: how many operations take some request, how many links between them are followed.
LEAST = {"viewer": (33, 3), "manager": (53, 8), "admin": (77, 14)}
AT = "2026-11-21T12:00:00Z"
COUNTS = {"audience": 0, "by_status": {status.value: 0 for status in Status}}


class Statistics(FakeStatistics):
    """Answers as stats does."""

    async def books(self, mailing_id: int) -> bytes:
        times = {"first_sent_at": None, "last_sent_at": AT, "rate_per_second": 0.5, "in_flight": 0}
        return json.dumps({"mailing_id": mailing_id, **COUNTS, **times, "by_zone": []}).encode()

    async def messages(self, *_: Any) -> dict[str, Any]:
        return {"items": [], "next_cursor": None}

    async def of_mailings(self, mailing_ids: Any) -> dict[str, Any]:
        times = {"first_sent_at": None, "last_sent_at": AT}
        return {
            "items": [{"mailing_id": id_, **COUNTS, **times} for id_ in mailing_ids],
            "total": COUNTS,
        }

    async def message(self, message_id: int) -> dict[str, Any] | None:
        return example(MessageProof) | {"id": message_id}


class Plans(FakePlans):
    """Answers as the scheduler does."""

    async def preview(self, spec: MailingSpec, *_: Any) -> dict[str, Any]:
        return example(Plan)

    async def of_mailing(self, *_: Any) -> dict[str, Any] | None:
        return example(MailingPlan)


def example(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = model.model_config["json_schema_extra"]["examples"][0]
    return dict(found)


@pytest.fixture
def whole(ports: Ports) -> FastAPI:
    """The application, with other services that answer as they do."""
    postman = SmtpPostman("smtp://127.0.0.1:9", "Carillon <carillon@example.com>")
    wired = replace(ports, statistics=Statistics(), plans=Plans(), postman=postman)
    return app_around(wired)


def answered() -> Answers:
    """By the operation, how often it was answered with which status, since the process began."""
    told: Answers = defaultdict(Counter)
    for sample in next(iter(REQUESTS.collect())).samples:
        if sample.name.endswith("_total"):
            route = sample.labels["route"].replace(":path", "")
            operation = f"{sample.labels['method']} {route}"
            told[operation][int(sample.labels["status"])] += int(sample.value)
    return told


def operations_of(app: FastAPI, part: str) -> set[str]:
    how, regex = PARTS[part]
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, told in app.openapi()["paths"].items()
        for method in told
        if bool(re.search(regex, path)) == how.startswith("--include") and "logout" not in path
    }


def since(before: Answers) -> Answers:
    return defaultdict(Counter, {name: now - before[name] for name, now in answered().items()})


def links_in(report: str) -> int:
    found = re.search(r"API Links: +(\d+) covered", report)
    assert found is not None, report
    return int(found[1])


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, lifespan="off", access_log=False)
    )
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: _has_started(server))
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


async def _has_started(server: uvicorn.Server) -> bool:
    return server.started


async def told(
    command: Sequence[str], at: Path, **things: Mapping[str, Any]
) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", *command),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=at,
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": str(HOOKS)}
        | {name.upper(): json.dumps(value) for name, value in things.items()},
    )
    async with asyncio.timeout(LONGEST):
        told, _ = await process.communicate()
    return process.returncode, told.decode()


async def their_own(ports: Ports, user: User, token: str) -> dict[str, tuple[int, int]]:
    """What the caller must not change or end, as parameters of paths have it, and what they may."""
    session, another = (
        ports.tokens.read(one, TokenUse.ACCESS).session_id
        for one in (token, (await log_in_as(ports, user)).access_token)
    )
    return {
        "session_id": (session, another),
        "user_id": (user.id, (await a_user(ports, ANOTHER)).id),
    }


async def filled_for(
    user: User, app: FastAPI, ports: Ports, run_imports: RunImports, run_bulks: RunBulks
) -> World:
    """By another, who is an administrator."""
    token = (await log_in_as(ports, await a_user(ports, ADMIN))).access_token
    async with client_of(app, token) as api:
        return await filled(api, ports, user, run_imports, run_bulks)


@pytest.mark.parametrize(("role", "phases", "part"), RUNS)
async def test_the_api_is_as_it_says(
    whole: FastAPI,
    ports: Ports,
    role: str,
    phases: str,
    part: str,
    tmp_path: Path,
    run_imports: RunImports,
    run_bulks: RunBulks,
) -> None:
    password_hash = await ports.passwords.hash(PASSWORD)
    user = await a_user(ports, replace(ROLES[role], password_hash=password_hash))
    world = await filled_for(user, whole, ports, run_imports, run_bulks)
    token = (await log_in_as(ports, user)).access_token
    spared = await their_own(ports, user, token)
    (tmp_path / "schemathesis.toml").write_text(CONFIG.format(stories=STORIES[role]))
    async with served(whole) as url, client_of(whole, token) as api:
        known = (await api.get("/auth/me")).json()
        before = answered()
        status, report = await told(
            [
                *("run", f"{url}/openapi.json", "-H", f"Authorization: Bearer {token}"),
                *("--phases", phases, "--seed", "7", "--no-shrink", "--no-color", *PARTS[part]),
                *("--generation-database", "none", "--warnings", "off"),
                # It would end the session, and all behind it would be strangers to the API.
                *("--exclude-path", f"{PREFIX}/auth/logout"),
            ],
            tmp_path,
            spared=spared,
            world=asdict(world),
        )
        answers = since(before)
        still = (await api.get("/auth/me")).json()
    assert status == 0, report
    assert still == known, "Whatever was asked behind it was asked by a stranger."
    asked = operations_of(whole, part)
    refused = {name for name in asked if not any(200 <= one < 300 for one in answers[name])}
    if part == "all":
        operations, links = LEAST[role]
        assert len(asked - refused) >= operations, sorted(refused)
        assert links_in(report) >= links, report
    else:
        assert refused == asked & NEVER.keys()
