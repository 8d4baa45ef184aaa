"""The ledger read from end to end, by the key."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.gates import Gate
from shared.contracts.ledger import GateTable, LedgerRow, Which

PAGE = 2_000

_COLUMNS = ", ".join(LedgerRow.model_fields)
_PAGE = text(
    f"""
    SELECT {_COLUMNS} FROM ledger
    WHERE message_id > :after
        AND (:which = 'all' OR (state = 'returned') = (:which = 'returned'))
    ORDER BY message_id LIMIT :limit
    """  # noqa: S608 - names of a contract
)

_GATES = text(
    """
    SELECT id, revision, closed FROM gate WHERE kind = 'mailing' AND id > :after
    ORDER BY id LIMIT :limit
    """
)
# Sessions of other roles do not show when they began, and they claim nothing.
_UNDER_WAY = text(
    """
    SELECT clock_timestamp() AS now, (
        SELECT min(query_start) FROM pg_stat_activity
        WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()
            AND backend_type = 'client backend'
    ) AS oldest
    """
)
# What is under way, or waits to be tried again, is at no end, whoever believes so.
_FORGET = text(
    """
    DELETE FROM ledger
    WHERE message_id = ANY (CAST(:ids AS bigint[])) AND state NOT IN ('claimed', 'retrying')
    """
)


class PostgresLedgerPages:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(self, after: int, limit: int, which: Which = "all") -> list[LedgerRow]:
        key = {"after": after, "limit": limit, "which": which}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_PAGE, key)).mappings().all()
        return [LedgerRow.model_validate(row) for row in rows]

    async def gates(self, after: int, limit: int) -> GateTable:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_GATES, {"after": after, "limit": limit})).all()
            gates = tuple(
                Gate(kind="mailing", id=id_, revision=revision, closed=closed)
                for id_, revision, closed in rows
            )
            # After them: what began since has seen them.
            moment = (await connection.execute(_UNDER_WAY)).one()
        return GateTable(now=moment.now, oldest=moment.oldest, gates=gates)

    async def forget(self, message_ids: Sequence[int]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(_FORGET, {"ids": list(message_ids)})

    async def pages(self) -> AsyncIterator[Sequence[LedgerRow]]:
        after = 0
        while rows := await self.page(after, PAGE):
            yield rows
            after = rows[-1].message_id
