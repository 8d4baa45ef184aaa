"""What is to be told by webhooks, in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import WEBHOOK_EVENT
from services.api.domain.hook_events import Chunk

# As many rows as there could be in one request, if each were of one event.
_TAKE = text("""
    WITH first AS (
        SELECT id, created_at, sum(events) OVER (ORDER BY id) AS events
        FROM (
            SELECT id, created_at, events FROM webhook_event
            WHERE webhook_id = :webhook_id ORDER BY id LIMIT :most
        ) AS oldest
    ),
    gone AS (
        DELETE FROM webhook_event
        WHERE id IN (SELECT id FROM first WHERE events <= :most)
            AND (SELECT min(created_at) FROM first) <= :gathered_before
        RETURNING id, events, types, body
    )
    SELECT events, types, body FROM gone ORDER BY id
""")


class SqlHookEvents:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, webhook_id: int, chunks: Sequence[Chunk], now: datetime) -> None:
        rows = [
            {
                "webhook_id": webhook_id,
                "created_at": now,
                "events": chunk.events,
                "types": sorted(chunk.types),
                "body": chunk.body,
            }
            for chunk in chunks
        ]
        if rows:
            await self._connection.execute(insert(WEBHOOK_EVENT), rows)

    async def take(self, webhook_id: int, gathered_before: datetime, most: int) -> list[Chunk]:
        values = {"webhook_id": webhook_id, "gathered_before": gathered_before, "most": most}
        rows = await self._connection.execute(_TAKE, values)
        return [Chunk(row.events, frozenset(row.types), row.body) for row in rows]

    async def drop(self, webhook_id: int) -> None:
        gone = delete(WEBHOOK_EVENT).where(WEBHOOK_EVENT.c.webhook_id == webhook_id)
        await self._connection.execute(gone)
