"""The sender's connections to its database.

All its statements find their rows by keys, however many there are. The planner does not know that:
while it believes a table small, and it does until the table's statistics are renewed, it would
rather read all of it for each batch. With no other way left to it there is one plan for each
statement, so it need not be found anew each time.
"""

from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.runtime.database import driver, make_engine

_BY_KEY = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}


def make_ledger_engine(url: str, *, pool: int) -> AsyncEngine:
    return make_engine(url, pool=pool, application="sender", planner=_BY_KEY)


async def fetch(engine: AsyncEngine, statement: str, *values: Any) -> list[asyncpg.Record]:
    """The rows of one statement, a transaction of its own. Raises what asyncpg raises."""
    async with driver(engine) as connection:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
    return rows
