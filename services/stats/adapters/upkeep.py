"""What keeps the books small, and what would find a fault in them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.ports import Overdue

_FORGET_RECEIPTS = text("DELETE FROM receipt WHERE waits AND heard_at < :before")

_FORGET_PACE = text("DELETE FROM pace WHERE second < CAST(:before AS bigint)")

# Counts the messages themselves, so it looks only at mailings that can still have changed.
_OUT_OF_BALANCE = text(
    """
    SELECT id FROM mailing
    WHERE (finished_at IS NULL OR finished_at >= :finished_since) AND closed_at IS NULL AND EXISTS (
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

# By the rollups, and only of mailings that are under way: a few hundred rows each. A message that
# was put off to another opening counts again once it is out, for the moment that it takes.
_OVERDUE = text(
    """
    WITH open AS (
        SELECT id FROM mailing
        WHERE emitted_revision IS NOT NULL AND emitted_revision > coalesce(finished_revision, 0)
    )
    SELECT
        (SELECT coalesce(sum(tally.n), 0)
         FROM open JOIN wave ON wave.mailing_id = open.id
             JOIN tally ON tally.mailing_id = wave.mailing_id AND tally.timezone = wave.timezone
         WHERE wave.closes_at < :before AND tally.status IN ('queued', 'retrying')),
        (SELECT count(*) FROM open
         WHERE EXISTS (SELECT FROM wave WHERE wave.mailing_id = open.id)
             AND NOT EXISTS (
                 SELECT FROM wave WHERE wave.mailing_id = open.id AND wave.closes_at >= :before
             ))
    """
)


class PostgresUpkeep:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def forget_pace(self, before: datetime) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(_FORGET_PACE, {"before": int(before.timestamp())})

    async def forget_receipts(self, heard_before: datetime) -> int:
        async with self._engine.begin() as connection:
            return (await connection.execute(_FORGET_RECEIPTS, {"before": heard_before})).rowcount

    async def overdue(self, closed_before: datetime) -> Overdue:
        async with self._engine.connect() as connection:
            found = await connection.execute(_OVERDUE, {"before": closed_before})
            messages, mailings = found.one()
            return Overdue(int(messages), int(mailings))

    async def out_of_balance(self, finished_since: datetime) -> Sequence[int]:
        async with self._engine.connect() as connection:
            ids = await connection.scalars(_OUT_OF_BALANCE, {"finished_since": finished_since})
            return list(ids)
