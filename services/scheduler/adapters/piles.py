"""What stands still, in PostgreSQL: counted now and then, never where messages are on their way."""

from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.ports import Pile

_UNPUBLISHED = text("SELECT count(*), min(written_at) FROM batch")
# A look into the index for each mailing, and no more of a large one than is worth counting.
_HELD = text(
    """
    SELECT count(*), min(h.due_at)
    FROM mailing m CROSS JOIN LATERAL (
        SELECT due_at FROM message
        WHERE mailing_id = m.id AND state = 'held' AND due_at < :before ORDER BY due_at LIMIT 1000
    ) AS h
    WHERE m.state <> 'paused'
    """
)
# Also those that are kept shut by a rebuild: it may have broken off.
_WAVES = text(
    """
    SELECT count(*), min(w.due_at)
    FROM (
        SELECT mailing_id, opens_at AS due_at FROM wave
        WHERE phase = 'pending' AND opens_at < :before
        UNION ALL
        SELECT mailing_id, closes_at FROM wave WHERE phase = 'open' AND closes_at < :before
    ) AS w JOIN mailing m ON m.id = w.mailing_id
    WHERE m.state <> 'paused'
    """
)
_UNFINISHED = text(
    "SELECT count(*), min(unheard_since) FROM mailing WHERE unheard_since IS NOT NULL"
)


class PostgresPiles:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def unpublished(self) -> Pile:
        return await self._pile(_UNPUBLISHED)

    async def held(self, due_before: datetime) -> Pile:
        return await self._pile(_HELD, before=due_before)

    async def waves(self, due_before: datetime) -> Pile:
        return await self._pile(_WAVES, before=due_before)

    async def unfinished(self) -> Pile:
        return await self._pile(_UNFINISHED)

    async def _pile(self, query: TextClause, **parameters: Any) -> Pile:
        async with self._engine.connect() as connection:
            count, since = (await connection.execute(query, parameters)).one()
            return Pile(count, since)
