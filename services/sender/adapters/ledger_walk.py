"""The ledger gone through by its key, a stretch at a time: it has no other index, and gets none."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.sender.ports import Stretch

_STRETCH = text(
    """
    SELECT max(message_id),
        count(*) FILTER (WHERE state = 'claimed' AND lease_until < :before),
        count(*) FILTER (WHERE state = 'retrying' AND next_attempt_at < :before)
    FROM (
        SELECT message_id, state, lease_until, next_attempt_at FROM ledger
        WHERE message_id > :after ORDER BY message_id LIMIT :limit
    ) AS stretch
    """
)


class PostgresLedgerWalk:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def stretch(self, after: int, limit: int, due_before: datetime) -> Stretch:
        key = {"after": after, "limit": limit, "before": due_before}
        async with self._engine.connect() as connection:
            return Stretch(*(await connection.execute(_STRETCH, key)).one())
