"""One of several replicas leads: the one whose connection holds an advisory lock.

The lock goes with the connection, so a leader that is killed frees it at once; one whose
connection broke stops leading before another can begin to.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.runtime.logs import facts
from shared.runtime.tasks import side_by_side

log = logging.getLogger(__name__)

# How often a follower tries, and a leader makes sure: well within the 5 s a takeover may last.
HEARTBEAT = 1.0


async def lead(engine: AsyncEngine, lock: int, work: Callable[[], Awaitable[None]]) -> None:
    """Waits for the lock, then runs ``work`` as long as the lock is held. Runs for ever."""
    while True:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            if await _try_lock(connection, lock):
                log.info("This replica leads now", extra=facts("lead", lock=lock))
                await _work_while_locked(connection, work)
        await asyncio.sleep(HEARTBEAT)


async def _try_lock(connection: AsyncConnection, lock: int) -> bool:
    return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock}))


async def _work_while_locked(
    connection: AsyncConnection, work: Callable[[], Awaitable[None]]
) -> None:
    """Ends with the error of whichever fails first."""
    try:
        await side_by_side(work(), _heartbeat(connection))
    finally:
        await connection.invalidate()  # closes it, and so frees the lock, whatever its state


async def _heartbeat(connection: AsyncConnection) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        async with asyncio.timeout(HEARTBEAT * 2):
            await connection.execute(text("SELECT 1"))
