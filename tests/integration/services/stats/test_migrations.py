"""The schema can be taken back, and put in place again."""

import asyncio

import asyncpg
import pytest

from shared.runtime.migrate import migrate
from tests.support.servers import PostgresForTests

pytestmark = pytest.mark.servers


async def test_up_down_up(postgres: PostgresForTests) -> None:
    url = await postgres.new_database("stats_migrations")
    await asyncio.to_thread(migrate, "stats", url)
    await asyncio.to_thread(migrate, "stats", url, "down")
    assert await _tables(url) == {"alembic_version"}
    await asyncio.to_thread(migrate, "stats", url)
    assert "message" in await _tables(url)


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    finally:
        await connection.close()
    return {row["table_name"] for row in rows}
