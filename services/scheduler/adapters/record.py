"""What was told of mailings and messages, in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.plans import mailings_emitted, waves_planned
from services.scheduler.adapters.plans_sql import IN_ALL
from services.scheduler.domain.retold import Row
from shared.contracts.progress import MailingEmitted, WavesPlanned

PAGE = 2_000

_WAVES = text(
    """
    SELECT m.id, m.revision, w.timezone, w.seq, w.size, w.opens_at, w.closes_at, w.rest, w.reason
    FROM wave w JOIN mailing m ON m.id = w.mailing_id
    WHERE w.announced_seq > 0 AND m.forget_at IS NULL
    ORDER BY m.id, w.timezone
    """
)
_MESSAGES = text(
    """
    SELECT id, mailing_id, client_id, timezone, dispatch, state, ended_as, reason, detail, told_at,
        returned_at
    FROM message WHERE id > :after ORDER BY id LIMIT :limit
    """
)
_ENDS = text(
    f"""
    SELECT m.id, m.revision, {IN_ALL}
    FROM mailing m WHERE m.emitted_revision = m.revision AND m.forget_at IS NULL ORDER BY m.id
    """  # noqa: S608 - a constant of another module
)
_CLOSED = text("SELECT id FROM mailing WHERE forgotten_at IS NOT NULL ORDER BY id")


class PostgresRecord:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def waves(self) -> Sequence[WavesPlanned]:
        async with self._engine.connect() as connection:
            return waves_planned((await connection.execute(_WAVES)).all())

    async def messages(self) -> AsyncIterator[Sequence[Row]]:
        after = 0
        while rows := await self._page(after):
            yield rows
            after = rows[-1].message_id

    async def _page(self, after: int) -> list[Row]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(_MESSAGES, {"after": after, "limit": PAGE})
            return [Row(*row) for row in rows]

    async def ends(self) -> Sequence[MailingEmitted]:
        async with self._engine.connect() as connection:
            return mailings_emitted(await connection.execute(_ENDS))

    async def closed(self) -> Sequence[int]:
        async with self._engine.connect() as connection:
            return list(await connection.scalars(_CLOSED))
