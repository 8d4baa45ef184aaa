"""What was there before a migration is still there, and fits."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.store import SqlTransactions
from services.api.domain import lifecycle
from services.api.domain.mailings import MailingFilter, MailingState
from services.api.domain.paging import Order
from shared.runtime.database import make_engine
from shared.runtime.migrate import migrate
from tests.support.servers import PostgresForTests

MIGRATIONS = Path(__file__).resolve().parents[4] / "services" / "api" / "migrations"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPEC = {"text": "Hi", "starts_at": "2026-12-01T10:00:00Z", "ends_at": "2026-12-02T10:00:00Z"}
STATES = ("draft", "scheduled", "running", "finished", "cancelled")


async def test_mailings_of_the_first_release_live_on(postgres: PostgresForTests) -> None:
    url = await postgres.new_database("api_migrations")
    await asyncio.to_thread(_to_first, url)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.executemany(
        "INSERT INTO mailing (state, revision, spec, created_at, updated_at, launched_at)"
        " VALUES ($1, 3, $2, $3, $3, $3)",
        [(state, json.dumps(SPEC), NOW) for state in STATES],
    )
    await connection.close()
    await asyncio.to_thread(migrate, "api", url)
    engine = make_engine(url, pool=1, application="tests")
    try:
        await _look(engine)
    finally:
        await engine.dispose()


async def _look(engine: AsyncEngine) -> None:
    async with SqlTransactions(engine).begin() as store:
        found = {
            one.state: one for one in await store.mailings.page(MailingFilter(), Order(), None, 10)
        }
        assert found.keys() == set(STATES)
        for mailing in found.values():
            [kept] = await store.revisions.page(mailing.id, 2**62, 10)
            assert (kept.revision, kept.state, kept.spec) == (3, mailing.state, mailing.spec)
        running = found[MailingState.RUNNING]
        paused = lifecycle.paused(running, NOW).mailing
        assert lifecycle.resumed(paused, NOW).mailing.state is MailingState.RUNNING
        assert [one.state for one in found.values() if one.finished_at] == ["finished"]


def _to_first(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    command.upgrade(config, "0001")
