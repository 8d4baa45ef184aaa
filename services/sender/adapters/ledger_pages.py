"""The ledger read from end to end, by the key."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.ledger import LedgerRow

PAGE = 2_000

# Which rows: all, those whose message came back, or the others.
Which = Literal["all", "returned", "others"]

_COLUMNS = ", ".join(LedgerRow.model_fields)
_PAGE = text(
    f"""
    SELECT {_COLUMNS} FROM ledger
    WHERE message_id > :after
        AND (:which = 'all' OR (state = 'returned') = (:which = 'returned'))
    ORDER BY message_id LIMIT :limit
    """  # noqa: S608 - names of a contract
)


class PostgresLedgerPages:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(self, after: int, limit: int, which: Which = "all") -> list[LedgerRow]:
        key = {"after": after, "limit": limit, "which": which}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_PAGE, key)).mappings().all()
        return [LedgerRow.model_validate(row) for row in rows]

    async def pages(self) -> AsyncIterator[Sequence[LedgerRow]]:
        after = 0
        while rows := await self.page(after, PAGE):
            yield rows
            after = rows[-1].message_id
