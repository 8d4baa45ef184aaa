"""The books in PostgreSQL. Every statement is about a whole batch.

Who writes a mailing's books first locks its row, several in the order of their ids: so what is
read before a change is still so when the change is written, whoever else is at work, and two
writers never wait for each other in a circle. Trials have no mailing whose row could be locked; a
lock of their own, always the last, stands for it.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from operator import attrgetter
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.adapters import columns, receipts, statements
from services.stats.adapters.grounds import GroundsNumbers, add_grounds, distinct
from services.stats.domain.calls import Call
from services.stats.domain.receipts import Receipt
from services.stats.domain.standing import Change, SentSpan, Standing
from services.stats.ports import Due
from shared.contracts.commands import Grounds
from shared.contracts.delivery import MessagesForgotten
from shared.contracts.progress import MailingEmitted, WavesPlanned
from shared.contracts.statuses import ENDS
from shared.contracts.trials import NO_MAILING
from shared.runtime.database import driver

_ENDS = sorted(ENDS)
_IN_ONE_ORDER = attrgetter(*Grounds.model_fields)


class PostgresPage:
    """``closed``: of these mailings; ``new_grounds``: numbers given out in this transaction."""

    def __init__(
        self,
        connection: "asyncpg.Connection[Any]",
        ids: list[int],
        closed: frozenset[int],
        grounds: GroundsNumbers,
    ) -> None:
        self._connection = connection
        self._ids = [each for each in ids if each not in closed]
        self.closed = closed
        self._grounds = grounds
        self._spans: Mapping[int, SentSpan] = {}
        self.new_grounds: dict[Grounds, int] = {}

    async def standings(self, message_ids: Collection[int]) -> Mapping[int, Standing]:
        rows = await self._connection.fetch(statements.STANDINGS, list(message_ids))
        return {row[0]: columns.standing(row) for row in rows}

    async def enter(self, change: Change, calls: Sequence[Call]) -> None:
        """The spans are written with the totals: both are in the mailing's row."""
        numbers = await self._numbers(calls)
        await self._connection.execute(
            statements.ENTER,
            sorted(change.standings),  # by their ids, so that neighbours are written together
            columns.of_calls(calls, numbers),
            *columns.of_sent(change.sent).values(),
            *columns.of_shifts(change.shifts).values(),
        )
        self._spans = change.spans

    async def plan(self, planned: WavesPlanned) -> None:
        waves = columns.of_waves(planned.waves).values()
        await self._connection.execute(statements.PUT_WAVES, planned.mailing_id, *waves)

    async def forget(self, forgotten: MessagesForgotten) -> None:
        await self._connection.execute(
            statements.FORGET, forgotten.mailing_id, forgotten.born_before
        )

    async def close(self, mailing_id: int, now: datetime) -> None:
        await self._connection.execute(statements.CLOSE, mailing_id, now)

    async def receipts(self, message_ids: Collection[int]) -> Mapping[int, Receipt]:
        rows = await self._connection.fetch(receipts.OF_MESSAGES, list(message_ids))
        return {row[0]: receipts.receipt(row) for row in rows}

    async def put_receipts(self, given: Sequence[Receipt], now: datetime) -> None:
        if given:
            await self._connection.execute(receipts.PUT, *receipts.columns(given), now)

    async def emitted(self, emitted: MailingEmitted) -> None:
        await self._connection.execute(
            statements.EMITTED,
            emitted.mailing_id,
            emitted.revision,
            emitted.messages,
            emitted.dispatches,
        )

    async def add_up(self) -> Sequence[Due]:
        spans = columns.of_spans(self._spans).values()
        rows = await self._connection.fetch(statements.ADD_UP, _ENDS, self._ids, *spans)
        return [Due(row["mailing_id"], row["revision"]) for row in rows if row["is_due"]]

    async def _numbers(self, calls: Sequence[Call]) -> dict[int, int]:
        """The numbers of the calls' grounds, by the identity of the object."""
        objects = distinct(calls)
        wanted = set(objects.values())
        numbers = self._grounds.of(wanted) | self.new_grounds
        unknown = sorted(wanted - numbers.keys(), key=_IN_ONE_ORDER)  # as all locks are taken
        if unknown:
            self.new_grounds |= await add_grounds(self._connection, unknown)
        numbers |= self.new_grounds
        return {identity: numbers[grounds] for identity, grounds in objects.items()}


class PostgresBooks:
    def __init__(self, engine: AsyncEngine, *, writers: int) -> None:
        self._engine = engine
        self._writers = asyncio.Semaphore(writers)
        self._grounds = GroundsNumbers()

    @asynccontextmanager
    async def open(self, mailing_ids: Collection[int]) -> AsyncIterator[PostgresPage]:
        ids = sorted(set(mailing_ids) - {NO_MAILING})
        async with self._writers, driver(self._engine) as connection:
            try:
                closed = await _begin(connection, ids)
                if NO_MAILING in mailing_ids:
                    await connection.execute(statements.LOCK_TRIALS)
                page = PostgresPage(connection, ids, closed, self._grounds)
                yield page
            except Exception:
                # Where it cannot be said any more, the server undoes it by itself.
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")
            self._grounds.remember(page.new_grounds)

    async def mailings_of(self, message_ids: Collection[int]) -> Collection[int]:
        async with driver(self._engine) as connection:
            rows = await connection.fetch(receipts.MAILINGS_OF, list(message_ids))
        return {row[0] for row in rows}

    async def waiting(self, after: int, limit: int) -> tuple[Sequence[Receipt], int | None]:
        async with driver(self._engine) as connection:
            rows = await connection.fetch(receipts.WAITING, after, limit, receipts.RIPE_AT)
        ripe = [receipts.receipt(row) for row in rows if row["is_ripe"]]
        return ripe, rows[-1]["message_id"] if len(rows) == limit else None

    async def due(self) -> Sequence[Due]:
        async with driver(self._engine) as connection:
            rows = await connection.fetch(statements.DUE, _ENDS)
        return [Due(row["mailing_id"], row["revision"]) for row in rows]

    async def mark_finished(self, due: Due, at: datetime) -> None:
        async with driver(self._engine) as connection:
            await connection.execute(statements.MARK_FINISHED, due.mailing_id, due.revision, at)

    async def finished_at(self, mailing_id: int, revision: int) -> datetime | None:
        async with driver(self._engine) as connection:
            at: datetime | None = await connection.fetchval(
                statements.FINISHED_AT, mailing_id, revision
            )
        return at


async def _begin(connection: "asyncpg.Connection[Any]", ids: list[int]) -> frozenset[int]:
    """A transaction that has the rows of these mailings; those that are closed. What is not there
    yet is added before it, in one of their own, when nothing is locked."""
    await connection.execute("BEGIN")
    while len(rows := await connection.fetch(statements.LOCK_MAILINGS, ids)) < len(ids):
        await connection.execute("ROLLBACK")
        await connection.execute(statements.ADD_MAILINGS, ids)
        await connection.execute("BEGIN")
    return frozenset(id_ for id_, is_closed in rows if is_closed)
