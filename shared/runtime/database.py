"""The database: one engine per service, and what counts as its being away for a while."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine


def make_engine(
    url: str, *, pool: int, application: str, planner: Mapping[str, str] | None = None
) -> AsyncEngine:
    """An engine for ``postgresql+asyncpg://`` URLs. Parameters never reach logs or errors.

    ``planner``: settings of PostgreSQL's planner for whom the usual ones do not fit.
    """
    return create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=5,  # a request that waits longer is better answered 503
        pool_pre_ping=False,  # a ping per checkout costs a round trip; stale ones are retried
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "command_timeout": 60,
            "server_settings": {
                "application_name": application,
                "timezone": "UTC",
                # With a JIT the plan of a small query takes longer than the query.
                "jit": "off",
                # A plan kept from when a table was empty scans it from end to end once it is
                # large; planning anew costs a fraction of a millisecond per batch.
                "plan_cache_mode": "force_custom_plan",
                # A lock that its owner's host can no longer release must not be kept for hours.
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "2",
                "tcp_keepalives_count": "3",
                **(planner or {}),
            },
        },
    )


def for_single_statements(engine: AsyncEngine) -> AsyncEngine:
    """The same connections, with no transaction around a statement that stands alone: what it
    reads and writes is the same, and two of its three round trips are saved."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@asynccontextmanager
async def driver(engine: AsyncEngine) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection of the pool as asyncpg knows it: with hundreds of rows SQLAlchemy's part of a
    statement would cost as much. Its statements raise what asyncpg raises; a transaction that is
    begun on it is ended by whoever began it."""
    async with engine.connect() as connection:
        own = await _driver_of(connection)
        while own.is_closed():  # the server ended it while nobody had it, and others maybe, too
            await connection.invalidate()
            own = await _driver_of(connection)
        try:
            yield own
        except BaseException as error:
            # Nobody shall be given one that is closed, or in the midst of something.
            if own.is_closed() or own.is_in_transaction() or not isinstance(error, Exception):
                await connection.invalidate(error)
            raise


async def _driver_of(connection: AsyncConnection) -> "asyncpg.Connection[Any]":
    own = (await connection.get_raw_connection()).driver_connection
    if not isinstance(own, asyncpg.Connection):
        raise TypeError("only asyncpg knows these statements")
    return own


@asynccontextmanager
async def engine_lifetime(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    try:
        yield engine
    finally:
        await engine.dispose()


_AWAY_SQLSTATES = (
    "08",  # connection exceptions
    "53",  # insufficient resources: too many connections, disk full
    "57P",  # shutting down, crash recovery, cannot connect now
    "40",  # serialization failure and deadlock: the same transaction may succeed now
    "25006",  # read-only for now: a failover is under way
)


def is_transient(error: BaseException) -> bool:
    """Whether trying the same again later may succeed, with nothing wrong in what was tried."""
    if isinstance(error, OSError | TimeoutError | PoolTimeoutError):
        return True
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_transient, error.exceptions))
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or (cause is not None and is_transient(cause))
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_AWAY_SQLSTATES)
    return isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError)
