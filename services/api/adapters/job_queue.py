"""Which jobs wait for somebody to work on them, and the hold that keeps others off.

The hold is an advisory lock on the very connection that writes the batches. So it ends with that
connection, whatever ends it: a killed process, a lost network, a restarted database. No batch can
be written by somebody who has lost the hold, and nobody waits for a lease to run out.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.adapters.bulk import bulk_task
from services.api.adapters.imports import import_task
from services.api.adapters.store import store_on
from services.api.adapters.tables import BULK, IMPORT
from services.api.domain.bulk import BulkTask
from services.api.domain.imports.progress import ImportTask
from services.api.ports import Job, Store

Task = TypeVar("Task")

RUNNING = "running"  # the state of every job that is to be done
POLL_EVERY = 1.0  # a job left over by another replica waits at most this long
# The few hundred rows that a batch changes are found by their keys: right for a table of any size.
# Left alone, the planner reads a table of fifty thousand from end to end for each batch; and of one
# that has just been filled it knows nothing yet.
_LOOK_UP_BY_KEY = text(
    "SELECT set_config(name, 'off', false)"
    " FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS names (name)"
)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Task]):
    """``locks_from``: the locks of these jobs are this and their id. ``in_turn``: one begins when
    the one before it has ended."""

    table: Table
    locks_from: int
    task_of: Callable[[Row[Any]], Task]
    in_turn: bool = False


# Far from every other advisory lock in this database, and from each other.
IMPORTS: Kind[ImportTask] = Kind(IMPORT, 1 << 40, import_task)
# What one changes, the next one finds.
BULKS: Kind[BulkTask] = Kind(BULK, 1 << 41, bulk_task, in_turn=True)


class SqlJob(Generic[Task]):
    def __init__(self, connection: AsyncConnection, task: Task) -> None:
        self._connection = connection
        self._task = task

    @property
    def task(self) -> Task:
        return self._task

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Store]:
        async with self._connection.begin():
            yield store_on(self._connection)


class SqlJobQueue(Generic[Task]):
    def __init__(self, engine: AsyncEngine, kind: Kind[Task]) -> None:
        self._engine = engine
        self._kind = kind
        self._woken = asyncio.Event()

    @asynccontextmanager
    async def claim(self) -> AsyncIterator[Job[Task] | None]:
        async with self._engine.connect() as connection:
            task = await _take(connection, self._kind)
            if task is None:
                yield None
                return
            await connection.execute(_LOOK_UP_BY_KEY)
            await connection.commit()
            try:
                yield SqlJob(connection, task)
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


async def _take(connection: AsyncConnection, kind: Kind[Task]) -> Task | None:
    """The oldest one that can be locked. It is read after the lock: only then it holds still."""
    jobs = kind.table.c
    waiting = select(jobs.id).where(jobs.state == RUNNING).order_by(jobs.id)
    ids = await connection.scalars(waiting.limit(1) if kind.in_turn else waiting)
    for id_ in ids.all():
        lock = kind.locks_from + id_
        if await connection.scalar(select(func.pg_try_advisory_lock(lock))):
            this = select(kind.table).where(jobs.id == id_, jobs.state == RUNNING)
            row = (await connection.execute(this)).first()
            await connection.commit()
            if row is not None:
                return kind.task_of(row)
            await connection.execute(select(func.pg_advisory_unlock(lock)))
    await connection.commit()
    return None
