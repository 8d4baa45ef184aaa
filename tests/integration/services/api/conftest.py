"""The api on a real database, without its background loops; time stands still unless moved."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import State

from services.api.adapters.job_queue import BULKS, IMPORTS, SqlJobQueue
from services.api.adapters.passwords import Argon2Passwords
from services.api.adapters.seals import FernetSeals
from services.api.adapters.store import SqlTransactions
from services.api.adapters.tables import (
    BULK,
    CLIENT,
    DEPARTMENT,
    IMPORT,
    INVITATION,
    MAILING,
    OUTBOX,
    TAG,
    USER,
    WEBHOOK,
)
from services.api.adapters.token_uses import LocalTokenUses
from services.api.adapters.tokens import JwtMint
from services.api.adapters.turns import LocalTurns
from services.api.domain.choices import Many
from services.api.domain.dead_letters import Dead
from services.api.domain.explain_facts import PlanStanding
from services.api.domain.invitations import Registration, RegistrationMode
from services.api.domain.logins import Limit, LoginLimits
from services.api.domain.signatures import key_of, new_secret
from services.api.domain.users import NewUser, Role, Tokens, User
from services.api.entrypoints.http.app import create_app
from services.api.handlers import bulk, imports
from services.api.ports import Ports
from shared.contracts.base import Message
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.gates import GatesChanged
from shared.contracts.mailings import MailingChanged, MailingForgotten, MailingSpec
from shared.contracts.receipts import ReceiptsGiven
from shared.contracts.replays import MessagesReplayed, MessagesResolved
from shared.contracts.trials import TrialsRequested
from shared.domain.message_id import MessageIds
from shared.runtime.database import make_engine
from shared.runtime.migrate import migrate
from shared.runtime.topology import DEFAULT_TIERS, apply
from tests.support.servers import PostgresForTests, Vhost

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "a secret that is long enough for HS256"
SERVICE_TOKEN = "the-token-of-services"
IMPORT_MAX_BYTES = 4_000_000
RECEIPT_SECRET, OLD_RECEIPT_SECRET = new_secret(), new_secret()
ADMIN = NewUser("admin@example.com", "", Role.ADMIN, may_launch=True)
LOGIN_LIMITS = LoginLimits(
    here=Limit(3, timedelta(minutes=6)),
    account=Limit(8, timedelta(minutes=16)),
    address=Limit(12, timedelta(minutes=12)),
)

_MESSAGES: dict[str, type[Message]] = {
    one.routing_key: one
    for one in (
        ClientsAdded,
        ClientsChanged,
        GatesChanged,
        MailingChanged,
        MailingForgotten,
        MessagesReplayed,
        MessagesResolved,
        ReceiptsGiven,
        TrialsRequested,
    )
}


# Each before those that it names.
_TABLES = (
    *(WEBHOOK, OUTBOX, IMPORT, BULK, MAILING, TAG, CLIENT),
    *(USER, INVITATION, DEPARTMENT),
)
# Nobody but a test takes anything out of it.
_EMPTY_AUDIT = (
    "ALTER TABLE audit DISABLE TRIGGER audit_is_kept",
    "DELETE FROM audit",
    "ALTER TABLE audit ENABLE TRIGGER audit_is_kept",
)


@dataclass
class FakeClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


@dataclass
class FakeStatistics:
    """Answers what a test puts in; the last query stands in ``asked``."""

    answer: dict[str, Any] = field(default_factory=dict)
    failure: Exception | None = None
    asked: Any = None

    async def of_mailing(self, mailing_id: int) -> dict[str, Any]:
        return self._answer(mailing_id)

    async def books(self, mailing_id: int) -> bytes:
        return json.dumps(self._answer(mailing_id)).encode()

    async def messages(
        self, mailing_id: int, status: str | None, limit: int, cursor: str | None
    ) -> dict[str, Any]:
        return self._answer((mailing_id, status, limit, cursor))

    async def of_mailings(self, mailing_ids: Any) -> dict[str, Any]:
        return self._answer(list(mailing_ids))

    async def message(self, message_id: int) -> dict[str, Any] | None:
        return self._answer(message_id) or None

    def _answer(self, asked: Any) -> dict[str, Any]:
        self.asked = asked
        if self.failure is not None:
            raise self.failure
        return self.answer


@dataclass
class FakeDeadLetters:
    """Stats: knows the messages that a test puts in, and one page of groups."""

    dead: list[Dead] = field(default_factory=list)
    page: dict[str, Any] = field(default_factory=lambda: {"items": [], "next_cursor": None})
    failure: Exception | None = None
    asked: list[Any] = field(default_factory=list)

    async def groups(self, *asked: Any) -> dict[str, Any]:
        self._note(asked)
        return self.page

    async def these(self, ids: Sequence[int]) -> list[Dead]:
        self._note(tuple(ids))
        return [one for one in self.dead if one.message_id in ids]

    async def chosen(self, chosen: Many, after: int, limit: int) -> tuple[list[Dead], int | None]:
        self._note((chosen, after, limit))
        behind = [one for one in self.dead if one.message_id > after]
        page = behind[:limit]
        return page, page[-1].message_id if len(behind) > limit else None

    def _note(self, asked: Any) -> None:
        self.asked.append(asked)
        if self.failure is not None:
            raise self.failure


@dataclass
class FakePlans:
    """The scheduler: answers what a test puts in; the last question stands in ``asked``."""

    plan: dict[str, Any] | None = None
    client: PlanStanding | None = None
    position: int | None = None
    revision: int | None = None
    messages: list[int] = field(default_factory=list)
    failure: Exception | None = None
    asked: Any = None

    async def preview(
        self, spec: MailingSpec, client_id: int | None, position: int = 0
    ) -> dict[str, Any]:
        self._note((spec, client_id))
        self.position = position
        return {"audience": 0}

    async def of_mailing(
        self, mailing_id: int, client_id: int | None, position: int = 0, revision: int = 0
    ) -> dict[str, Any] | None:
        self._note((mailing_id, client_id))
        self.position = position
        self.revision = revision
        return self.plan

    async def standing(self, mailing_id: int, client_id: int) -> PlanStanding | None:
        self._note((mailing_id, client_id))
        return self.client

    async def messages_of(self, client_id: int) -> list[int]:
        self._note(client_id)
        return self.messages

    def _note(self, asked: Any) -> None:
        self.asked = asked
        if self.failure is not None:
            raise self.failure


@dataclass
class FakeGates:
    """No relay runs here: a test says whether the gates have left. ``waits``: how often asked."""

    left: bool = True
    waits: int = 0

    async def have_left(self, limit: float) -> bool:
        self.waits += 1
        return self.left


@pytest_asyncio.fixture(scope="session")
async def database_url(postgres: PostgresForTests) -> str:
    url = await postgres.new_database("api")
    await asyncio.to_thread(migrate, "api", url)
    return url


@pytest_asyncio.fixture(scope="session")
async def one_engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database_url, pool=8, application="api-tests")
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture(scope="module")
async def topology(vhost: Vhost) -> Vhost:
    """A broker with every queue."""
    await asyncio.to_thread(apply, vhost.management_url, vhost.amqp_url, DEFAULT_TIERS)
    return vhost


@pytest_asyncio.fixture
async def engine(one_engine: AsyncEngine) -> AsyncEngine:
    """An empty database."""
    async with one_engine.begin() as connection:
        for table in _TABLES:
            await connection.execute(delete(table))
        await connection.execute(
            text("TRUNCATE login_door, login_known, oidc_login, parked, mail, request_key")
        )
        for statement in _EMPTY_AUDIT:
            await connection.execute(text(statement))
    return one_engine


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stats() -> FakeStatistics:
    return FakeStatistics()


@pytest.fixture
def dead_letters() -> FakeDeadLetters:
    return FakeDeadLetters()


@pytest.fixture
def plans() -> FakePlans:
    return FakePlans()


@pytest.fixture
def gates() -> FakeGates:
    return FakeGates()


@pytest.fixture
def ports(
    engine: AsyncEngine,
    clock: FakeClock,
    stats: FakeStatistics,
    dead_letters: FakeDeadLetters,
    plans: FakePlans,
    gates: FakeGates,
) -> Ports:
    return Ports(
        transactions=SqlTransactions(engine),
        imports=SqlJobQueue(engine, IMPORTS),
        bulks=SqlJobQueue(engine, BULKS),
        passwords=Argon2Passwords(),
        tokens=JwtMint(SECRET, timedelta(hours=1), timedelta(days=14), clock),
        token_uses=LocalTokenUses(),
        registration=Registration(RegistrationMode.INVITATION),
        login_limits=LOGIN_LIMITS,
        login_turns=LocalTurns(),
        statistics=stats,
        dead_letters=dead_letters,
        plans=plans,
        gates=gates,
        seals=FernetSeals(SECRET),
        message_ids=MessageIds(31),
        clock=clock,
        receipt_keys={"simulator": [key_of(RECEIPT_SECRET), key_of(OLD_RECEIPT_SECRET)]},
    )


@pytest.fixture
def app(ports: Ports) -> FastAPI:
    return app_around(ports)


@pytest_asyncio.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


@pytest_asyncio.fixture
async def admin(ports: Ports) -> User:
    return await a_user(ports, ADMIN)


@pytest_asyncio.fixture
async def access_token(ports: Ports, admin: User) -> str:
    return (await log_in_as(ports, admin)).access_token


@pytest_asyncio.fixture
async def api(app: FastAPI, access_token: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API who is logged in as an administrator."""
    async with client_of(app, access_token) as client:
        yield client


def app_around(ports: Ports, *, through_provider: bool = False) -> FastAPI:
    """An application of its own; its routes and its document, half a second's work each, it has in
    common with the others."""
    app = copy(_made_once(through_provider=through_provider))
    app.state = State(app.state._state | {"ports": ports})
    return app


@cache
def _made_once(*, through_provider: bool) -> FastAPI:
    nowhere: Any = None
    app = create_app(
        nowhere,
        service_token=SERVICE_TOKEN,
        import_max_bytes=IMPORT_MAX_BYTES,
        through_provider=through_provider,
    )
    app.openapi()
    return app


def client_of(app: FastAPI, access_token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://api/api/v1",
        headers={"Authorization": f"Bearer {access_token}"},
    )


async def a_user(ports: Ports, new: NewUser) -> User:
    async with ports.transactions.begin() as store:
        user = await store.users.add(new, ports.clock.now())
    assert user is not None
    return user


async def log_in_as(ports: Ports, user: User) -> Tokens:
    """By a session that the clock of a test, moved by days, does not end."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        session = await store.sessions.begin(user.id, "", now + timedelta(days=3650), now)
    return ports.tokens.issue(session)


@pytest.fixture
def outbox(engine: AsyncEngine) -> Callable[[], Awaitable[list[Message]]]:
    """Takes the messages out of the outbox, oldest first."""

    async def take() -> list[Message]:
        async with engine.begin() as connection:
            rows = await connection.execute(
                text("DELETE FROM outbox RETURNING id, routing_key, body")
            )
            return [_unplaced(*row) for row in sorted(map(tuple, rows))]

    return take


def _unplaced(place: int, key: str, body: bytes) -> Message:
    """Without its position, which is the outbox's own affair."""
    message = _MESSAGES[key].decode(body)
    if isinstance(message, ClientsChanged | ClientsAdded):
        assert message.position == place
        return message.model_copy(update={"position": None})
    return message


@pytest.fixture
def run_imports(ports: Ports) -> Callable[[], Awaitable[None]]:
    """Works through every import that waits."""

    async def run() -> None:
        while True:
            async with ports.imports.claim() as job:
                if job is None:
                    return
                async for _ in imports.work_through(ports, job):
                    pass

    return run


@pytest.fixture
def run_bulks(ports: Ports) -> Callable[[], Awaitable[None]]:
    """Works through every change of many clients that waits."""

    async def run() -> None:
        while True:
            async with ports.bulks.claim() as job:
                if job is None:
                    return
                async for _ in bulk.work_through(ports, job):
                    pass

    return run


Outbox = Callable[[], Awaitable[list[Message]]]
RunImports = Callable[[], Awaitable[None]]
RunBulks = Callable[[], Awaitable[None]]
