"""Which imports wait for somebody to work on them, and the hold that keeps others off.

The hold is an advisory lock on the very connection that writes the batches. So it ends with that
connection, whatever ends it: a killed process, a lost network, a restarted database. No batch can
be written by somebody who has lost the hold, and nobody waits for a lease to run out.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.adapters.imports import options_of
from services.api.adapters.store import store_on
from services.api.adapters.tables import IMPORT
from services.api.domain.imports.progress import ImportFormat, ImportState, ImportTask
from services.api.ports import ImportJob, Store

_LOCKS_FROM = 1 << 40  # far from every other advisory lock in this database
POLL_EVERY = 1.0  # an import left over by another replica waits at most this long
# The few hundred rows that a batch changes are found by their keys: right for a table of any size.
# Left alone, the planner reads a table of fifty thousand from end to end for each batch; and of one
# that has just been filled it knows nothing yet.
_LOOK_UP_BY_KEY = text(
    "SELECT set_config(name, 'off', false)"
    " FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS names (name)"
)


class SqlImportJob:
    def __init__(self, connection: AsyncConnection, task: ImportTask) -> None:
        self._connection = connection
        self._task = task

    @property
    def task(self) -> ImportTask:
        return self._task

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Store]:
        async with self._connection.begin():
            yield store_on(self._connection)


class SqlImportQueue:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._woken = asyncio.Event()

    @asynccontextmanager
    async def claim(self) -> AsyncIterator[ImportJob | None]:
        async with self._engine.connect() as connection:
            task = await _take(connection)
            if task is None:
                yield None
                return
            await connection.execute(_LOOK_UP_BY_KEY)
            await connection.commit()
            try:
                yield SqlImportJob(connection, task)
            finally:
                await connection.invalidate()  # closes it, and so ends the hold

    async def wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_EVERY):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def wake(self) -> None:
        self._woken.set()


async def _take(connection: AsyncConnection) -> ImportTask | None:
    """The oldest one that can be locked. It is read after the lock: only then it holds still."""
    running = IMPORT.c.state == ImportState.RUNNING
    ids = await connection.scalars(select(IMPORT.c.id).where(running).order_by(IMPORT.c.id))
    for id_ in ids.all():
        if await connection.scalar(select(func.pg_try_advisory_lock(_LOCKS_FROM + id_))):
            this = select(IMPORT).where(IMPORT.c.id == id_, running)
            row = (await connection.execute(this)).first()
            await connection.commit()
            if row is not None:
                return _task(row)
            await connection.execute(select(func.pg_advisory_unlock(_LOCKS_FROM + id_)))
    await connection.commit()
    return None


def _task(row: Row[Any]) -> ImportTask:
    return ImportTask(
        id=row.id,
        format=ImportFormat(row.format),
        chunks=row.chunks,
        chunk_bytes=row.chunk_bytes,
        offset=row.position,
        rows_read=row.rows_read,
        options=options_of(row.options),
    )
