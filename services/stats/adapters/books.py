"""The books in PostgreSQL. Every statement is about a whole batch.

Who writes a mailing's books first locks its row, several in the order of their ids: so what is
read before a change is still so when the change is written, whoever else is at work, and two
writers never wait for each other in a circle. Trials have no mailing whose row could be locked; a
lock of their own, always the last, stands for it.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.stats.adapters import columns, statements
from services.stats.adapters.grounds import GroundsNumbers, add_grounds, distinct
from services.stats.domain.calls import Call
from services.stats.domain.standing import Change, Standing
from services.stats.ports import Due
from shared.contracts.commands import Grounds
from shared.contracts.delivery import MessagesForgotten
from shared.contracts.progress import MailingEmitted, WavesPlanned
from shared.contracts.statuses import ENDS
from shared.contracts.trials import NO_MAILING

Rows = Sequence[tuple[Any, ...]]

_ENDS = sorted(ENDS)


class PostgresPage:
    """``new_grounds``: numbers given out in this transaction."""

    def __init__(
        self, connection: AsyncConnection, ids: list[int], grounds: GroundsNumbers
    ) -> None:
        self._connection = connection
        self._ids = ids
        self._grounds = grounds
        self.new_grounds: dict[Grounds, int] = {}

    async def standings(self, message_ids: Collection[int]) -> Mapping[int, Standing]:
        rows = await self._connection.execute(statements.STANDINGS, {"ids": list(message_ids)})
        return {row.id: columns.standing(row) for row in rows}

    async def enter(self, change: Change, calls: Sequence[Call]) -> None:
        numbers = await self._numbers(calls)
        await self._add_calls(columns.of_calls(calls, numbers))
        # In the order of their ids, so that neighbours are written together.
        await self._copy("message", columns.MESSAGE, sorted(change.born))
        await self._write(statements.CHANGE_STANDINGS, {"rows": sorted(change.changed)})
        await self._write(statements.SHIFT_TALLY, columns.of_shifts(change.shifts))
        await self._write(statements.ADD_PACE, columns.of_sent(change.sent))
        await self._write(statements.WIDEN_SPANS, columns.of_spans(change.spans))

    async def plan(self, planned: WavesPlanned) -> None:
        waves = columns.of_waves(planned.waves)
        await self._write(statements.PUT_WAVES, waves, mailing_id=planned.mailing_id)

    async def forget(self, forgotten: MessagesForgotten) -> None:
        await self._connection.execute(
            statements.FORGET, forgotten.model_dump(include={"mailing_id", "born_before"})
        )

    async def emitted(self, emitted: MailingEmitted) -> None:
        await self._connection.execute(statements.EMITTED, emitted.model_dump(exclude={"version"}))

    async def add_up(self) -> Sequence[Due]:
        parameters = {"ids": self._ids, "ends": _ENDS}
        rows = await self._connection.execute(statements.ADD_UP, parameters)
        return [Due(row.mailing_id, row.revision) for row in rows if row.is_due]

    async def _numbers(self, calls: Sequence[Call]) -> dict[int, int]:
        """The numbers of the calls' grounds, by the identity of the object."""
        objects = distinct(calls)
        wanted = set(objects.values())
        numbers = self._grounds.of(wanted) | self.new_grounds
        unknown = sorted(wanted - numbers.keys(), key=str)  # in one order, as all locks are taken
        if unknown:
            self.new_grounds |= await add_grounds(self._connection, unknown)
        numbers |= self.new_grounds
        return {identity: numbers[grounds] for identity, grounds in objects.items()}

    async def _add_calls(self, rows: Rows) -> None:
        """All are new, unless a message was delivered again."""
        try:
            async with self._connection.begin_nested():
                await self._copy("attempt", columns.ATTEMPT, rows)
        except asyncpg.UniqueViolationError:
            await self._write(statements.ADD_CALLS, {"rows": rows})

    async def _copy(self, table: str, names: Sequence[str], rows: Rows) -> None:
        if rows:
            connection = await self._connection.get_raw_connection()
            driver: asyncpg.Connection[Any] = connection.driver_connection
            await driver.copy_records_to_table(table, columns=names, records=rows)

    async def _write(self, statement: TextClause, arrays: columns.Columns, **shared: Any) -> None:
        if any(arrays.values()):
            await self._connection.execute(statement, {**arrays, **shared})


class PostgresBooks:
    def __init__(self, engine: AsyncEngine, *, writers: int) -> None:
        self._engine = engine
        self._writers = asyncio.Semaphore(writers)
        self._grounds = GroundsNumbers()

    @asynccontextmanager
    async def open(self, mailing_ids: Collection[int]) -> AsyncIterator[PostgresPage]:
        ids = sorted(set(mailing_ids) - {NO_MAILING})
        async with self._writers, self._engine.connect() as connection:
            await _lock(connection, ids)
            if NO_MAILING in mailing_ids:
                await connection.execute(statements.LOCK_TRIALS)
            page = PostgresPage(connection, ids, self._grounds)
            yield page
            await connection.commit()
            self._grounds.remember(page.new_grounds)

    async def due(self) -> Sequence[Due]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(statements.DUE, {"ends": _ENDS})
        return [Due(row.mailing_id, row.revision) for row in rows]

    async def mark_finished(self, due: Due, at: datetime) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                statements.MARK_FINISHED,
                {"mailing_id": due.mailing_id, "revision": due.revision, "at": at},
            )

    async def finished_at(self, mailing_id: int, revision: int) -> datetime | None:
        key = {"mailing_id": mailing_id, "revision": revision}
        async with self._engine.connect() as connection:
            at: datetime | None = await connection.scalar(statements.FINISHED_AT, key)
            return at


async def _lock(connection: AsyncConnection, ids: list[int]) -> None:
    """Rows that are not there yet are added in a transaction of their own, before any lock."""
    while len((await connection.execute(statements.LOCK_MAILINGS, {"ids": ids})).all()) < len(ids):
        await connection.rollback()
        await connection.execute(statements.ADD_MAILINGS, {"ids": ids})
        await connection.commit()
