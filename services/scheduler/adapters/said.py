"""Texts that were perhaps said, in PostgreSQL: few, and in an index of their own."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.messages_sql import sha256_of

# Their hashes stay: whoever is asked to say it again says the same or nothing.
_FORGET = text(
    f"""
    UPDATE message SET text = NULL, text_sha256 = {sha256_of("text")}
    WHERE text IS NOT NULL AND state <> 'held' AND id IN (
        SELECT m.id FROM message m JOIN mailing g ON g.id = m.mailing_id
        WHERE m.text IS NOT NULL AND m.state <> 'held'
            AND g.finished_revision >= g.revision
            AND coalesce(m.returned_at, m.told_at, '-infinity') < :before
        LIMIT :limit
    )
    """  # noqa: S608 - of constants
)


class PostgresSaid:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def forget(self, before: datetime, limit: int) -> int:
        async with self._engine.begin() as connection:
            return (await connection.execute(_FORGET, {"before": before, "limit": limit})).rowcount
