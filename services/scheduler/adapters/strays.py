"""What no event will move on, in PostgreSQL."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.rows import holds_revision, mailing_of
from services.scheduler.ports import Missing
from shared.contracts.mailings import MailingChanged

_CLIENTS = text(
    """
    SELECT DISTINCT m.client_id FROM message m LEFT JOIN client c ON c.id = m.client_id
    WHERE m.state = 'held' AND m.due_at < :before
        AND coalesce(c.revision, 0) < greatest(m.until_client_revision, 1)
    LIMIT :limit
    """
)
_MAILINGS = text(
    """
    SELECT DISTINCT m.mailing_id FROM message m JOIN mailing g ON g.id = m.mailing_id
    WHERE m.state = 'held' AND m.due_at < :before AND g.revision < m.until_mailing_revision
    LIMIT :limit
    """
)
# A zone that appears while the end is being told: its wave is planned behind the end.
_STRAY_WAVES = text(
    """
    SELECT body FROM mailing m
    WHERE m.emitted_revision >= m.revision AND EXISTS (
        SELECT 1 FROM wave w WHERE w.mailing_id = m.id AND w.phase <> 'ended'
    )
    ORDER BY m.id
    """
)
_END_WAVES = text(
    """
    UPDATE wave w SET phase = 'ended', size = w.rows, seq = w.seq + 1
    FROM mailing m
    WHERE m.id = :id AND m.emitted_revision >= m.revision
        AND w.mailing_id = m.id AND w.phase <> 'ended'
    """
)


class PostgresStrays:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def missing(self, due_before: datetime, limit: int) -> Missing:
        key = {"before": due_before, "limit": limit}
        async with self._engine.connect() as connection:
            clients = await connection.scalars(_CLIENTS, key)
            mailings = await connection.scalars(_MAILINGS, key)
            return Missing(list(clients), list(mailings))

    async def stray_waves(self) -> list[MailingChanged]:
        async with self._engine.connect() as connection:
            return [mailing_of(body) for body in await connection.scalars(_STRAY_WAVES)]

    async def end_waves(self, mailing: MailingChanged) -> int:
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, mailing):
                return 0
            return (await connection.execute(_END_WAVES, {"id": mailing.mailing_id})).rowcount
