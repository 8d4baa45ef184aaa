"""A database of stats for the tests of one module, and books in it."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.adapters.books import PostgresBooks
from services.stats.adapters.dead_letters import PostgresDeadLetters
from services.stats.adapters.reports import PostgresReports
from shared.runtime.database import engine_lifetime, make_engine
from shared.runtime.migrate import migrate
from tests.support.servers import PostgresForTests
from tests.unit.services.stats.fakes import FakeAnnouncer
from tests.unit.services.stats.suite import NewWorld, World

_EMPTY = text("TRUNCATE message, attempt, grounds, wave, tally, mailing, pace, receipt")


@pytest_asyncio.fixture(scope="module")
async def database_url(postgres: PostgresForTests) -> str:
    url = await postgres.new_database("stats")
    await asyncio.to_thread(migrate, "stats", url)
    return url


@pytest_asyncio.fixture(scope="module")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_lifetime(make_engine(database_url, pool=10, application="test")) as engine:
        yield engine


@pytest_asyncio.fixture
async def new_world(engine: AsyncEngine) -> NewWorld:
    """Gives empty books each time it is called; those given before are emptied too."""

    async def make() -> World:
        async with engine.begin() as connection:
            await connection.execute(_EMPTY)
        return World(
            PostgresBooks(engine, writers=4),
            PostgresReports(engine),
            FakeAnnouncer(),
            PostgresDeadLetters(engine),
        )

    return make


@pytest_asyncio.fixture
async def world(new_world: NewWorld) -> World:
    return await new_world()
