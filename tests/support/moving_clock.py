"""A clock that a test moves, for services in this process and for their databases.

The databases have a clock of their own, which the sender's deadlines and the scheduler's SQL go
by. Nothing in them knows of the test: their ``now()`` is found in a schema that is searched before
PostgreSQL's own, and adds the distance that the test has moved.

Between two moves time passes as usual, so that loops, timeouts and queues do what they always do.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg

_MOVED = """
CREATE SCHEMA moved;
CREATE TABLE moved.distance (by interval NOT NULL);
INSERT INTO moved.distance VALUES ('0');
CREATE FUNCTION moved.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.now() + by FROM moved.distance';
CREATE FUNCTION moved.transaction_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT moved.now()';
CREATE FUNCTION moved.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.statement_timestamp() + by FROM moved.distance';
CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + by FROM moved.distance';
"""


class MovingClock:
    """The services' clock: the real one, moved."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by

    def timestamp(self) -> float:
        return self.now().timestamp()


class MovedDatabase:
    """One database whose clock moves. It must have its tables already: new ones would be made
    in the schema of the clock."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    @classmethod
    async def at(cls, url: str) -> "MovedDatabase":
        """``url``: of an owner, ``postgresql+asyncpg://``; later connections see the clock."""
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await connection.execute(_MOVED)
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(
            f'ALTER DATABASE "{name}" SET search_path = moved, pg_catalog, public'
        )
        return cls(connection)

    async def move(self, by: timedelta) -> None:
        await self.connection.execute("UPDATE moved.distance SET by = $1", by)


async def move_to(
    instant: datetime, clock: MovingClock, databases: Sequence[MovedDatabase]
) -> None:
    """Moves everybody at once."""
    by = instant - datetime.now(UTC)
    for database in databases:
        await database.move(by)
    clock.by = by
