"""What is left over of frozen audiences, in PostgreSQL."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.messages_sql import NO_REBUILD
from services.scheduler.adapters.rows import mailing_of
from services.scheduler.ports import LeftOver
from shared.contracts.mailings import MailingChanged
from shared.runtime.database import for_single_statements

_UNSWEPT = text(
    f"""
    SELECT body FROM mailing m
    WHERE NOT m.swept AND m.state <> 'paused' AND {NO_REBUILD} AND NOT EXISTS (
        SELECT 1 FROM wave w WHERE w.mailing_id = m.id AND w.phase <> 'ended'
    )
    ORDER BY m.id
    """  # noqa: S608 - a constant of another module
)
_LEFT_OVER = text(
    """
    SELECT f.timezone, w.cursor, f.client_id, c.revision, c.deleted
    FROM frozen f
        JOIN client c ON c.id = f.client_id
        JOIN wave w ON w.mailing_id = f.mailing_id AND w.timezone = f.timezone
    WHERE f.mailing_id = :mailing AND f.client_id > :after AND NOT EXISTS (
        SELECT 1 FROM message m WHERE m.mailing_id = f.mailing_id AND m.client_id = f.client_id
    )
    ORDER BY f.client_id LIMIT :limit
    """
)
_SWEPT = text("UPDATE mailing SET swept = true WHERE id = :id AND revision = :revision")


class PostgresLeftovers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._single = for_single_statements(engine)

    async def unswept(self) -> list[MailingChanged]:
        async with self._single.connect() as connection:
            return [mailing_of(body) for body in await connection.scalars(_UNSWEPT)]

    async def left_over(self, mailing_id: int, after: int, limit: int) -> list[LeftOver]:
        key = {"mailing": mailing_id, "after": after, "limit": limit}
        async with self._single.connect() as connection:
            return [LeftOver(*row) for row in await connection.execute(_LEFT_OVER, key)]

    async def swept(self, mailing: MailingChanged) -> None:
        key = {"id": mailing.mailing_id, "revision": mailing.revision}
        async with self._single.connect() as connection:
            await connection.execute(_SWEPT, key)
