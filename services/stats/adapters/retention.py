"""Messages and calls that need not be kept any longer, found by their mailings.

Messages go when their books are closed. Calls alone, of mailings that ended long ago, go only of
messages that a provider has accepted: nobody will ever ask what their next call has to say. Of one
that failed or is unknown, the desk shows the calls, and another must say the same text.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

# One that ran again, because messages of it were sent again, is looked through again.
_ENDED = text(
    """
    SELECT id FROM mailing
    WHERE finished_at < :before AND emitted_revision = finished_revision
        AND (calls_forgotten_at IS NULL OR calls_forgotten_at < finished_at)
    ORDER BY finished_at LIMIT 1
    """
)

# An array of ids, so that each is looked up by the key, whatever the planner believes.
_FORGET = text(
    """
    WITH looked AS (
        SELECT id, sent_at IS NOT NULL AND status NOT IN ('failed', 'unknown') AS accepted
        FROM message WHERE mailing_id = :mailing_id AND id > :after ORDER BY id LIMIT :limit
    ), gone AS (
        DELETE FROM attempt
        WHERE message_id = ANY(ARRAY(SELECT id FROM looked WHERE accepted))
    )
    SELECT max(id) FROM looked
    """
)

_CLOSED = text(
    """
    SELECT id FROM mailing WHERE closed_at IS NOT NULL
        AND EXISTS (SELECT FROM message WHERE message.mailing_id = mailing.id)
    LIMIT 1
    """
)
_FORGET_MESSAGES = text(
    """
    WITH gone AS (
        DELETE FROM message WHERE id = ANY(ARRAY(
            SELECT id FROM message WHERE mailing_id = :mailing_id ORDER BY id LIMIT :limit
        ))
        RETURNING id
    ), called AS (
        DELETE FROM attempt WHERE message_id = ANY(ARRAY(SELECT id FROM gone))
    ), received AS (
        DELETE FROM receipt WHERE message_id = ANY(ARRAY(SELECT id FROM gone))
    )
    SELECT count(*) FROM gone
    """
)

_FORGOTTEN = text("UPDATE mailing SET calls_forgotten_at = :now WHERE id = :mailing_id")


class PostgresRetention:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def closed(self) -> int | None:
        async with self._engine.connect() as connection:
            found: int | None = await connection.scalar(_CLOSED)
        return found

    async def forget_messages(self, mailing_id: int, limit: int) -> bool:
        given = {"mailing_id": mailing_id, "limit": limit}
        async with self._engine.begin() as connection:
            return bool(await connection.scalar(_FORGET_MESSAGES, given) == limit)

    async def ended_before(self, moment: datetime) -> int | None:
        async with self._engine.connect() as connection:
            found: int | None = await connection.scalar(_ENDED, {"before": moment})
        return found

    async def forget_calls(self, mailing_id: int, after: int, limit: int) -> int | None:
        given = {"mailing_id": mailing_id, "after": after, "limit": limit}
        async with self._engine.begin() as connection:
            last: int | None = await connection.scalar(_FORGET, given)
        return last

    async def calls_forgotten(self, mailing_id: int, now: datetime) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(_FORGOTTEN, {"mailing_id": mailing_id, "now": now})
