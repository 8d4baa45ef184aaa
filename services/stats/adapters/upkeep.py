"""What keeps the books small, and what would find a fault in them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_FORGET_PACE = text("DELETE FROM pace WHERE second < CAST(:before AS bigint)")

# Counts the messages themselves, so it looks only at mailings that can still have changed.
_OUT_OF_BALANCE = text(
    """
    SELECT id FROM mailing
    WHERE (finished_at IS NULL OR finished_at >= :finished_since) AND EXISTS (
        SELECT FROM (
            SELECT timezone, status, count(*) AS n FROM message
            WHERE mailing_id = mailing.id GROUP BY timezone, status
        ) AS counted
        FULL JOIN (
            SELECT timezone, status, n FROM tally WHERE mailing_id = mailing.id AND n <> 0
        ) AS tallied USING (timezone, status)
        WHERE counted.n IS DISTINCT FROM tallied.n
    )
    """
)


class PostgresUpkeep:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def forget_pace(self, before: datetime) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(_FORGET_PACE, {"before": int(before.timestamp())})

    async def out_of_balance(self, finished_since: datetime) -> Sequence[int]:
        async with self._engine.connect() as connection:
            ids = await connection.scalars(_OUT_OF_BALANCE, {"finished_since": finished_since})
            return list(ids)
