"""Mailings that should have finished, and their messages whose end is not known, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.rows import mailing_of
from services.scheduler.domain.retold import Row
from services.scheduler.domain.unheard import Unheard
from shared.contracts.mailings import MailingChanged

# A mailing is quiet when nothing of it waits here: every message is with the senders, or ended.
_FOLLOW = text(
    """
    WITH emitted AS (
        SELECT m.id, NOT EXISTS (
            SELECT 1 FROM message h WHERE h.mailing_id = m.id AND h.state = 'held'
        ) AS quiet
        FROM mailing m
        WHERE m.state <> 'paused' AND m.emitted_revision >= m.revision
            AND m.finished_revision < m.emitted_revision
    ), standing AS (
        SELECT m.id, e.id IS NOT NULL AS unfinished, coalesce(e.quiet, false) AS quiet
        FROM mailing m LEFT JOIN emitted e ON e.id = m.id
    )
    UPDATE mailing m SET
        unheard_since = CASE WHEN s.quiet THEN coalesce(m.unheard_since, :now) END,
        asks = CASE WHEN s.unfinished THEN m.asks ELSE 0 END,
        asked_at = CASE WHEN s.unfinished THEN m.asked_at END,
        asking_after = CASE WHEN s.unfinished THEN m.asking_after END
    FROM standing s
    WHERE s.id = m.id AND (
        s.quiet <> (m.unheard_since IS NOT NULL)
        OR NOT s.unfinished AND (m.asked_at IS NOT NULL OR m.asking_after IS NOT NULL)
    )
    """
)
_UNHEARD = text(
    """
    SELECT body, unheard_since, asks, asked_at, asking_after FROM mailing
    WHERE unheard_since IS NOT NULL OR asking_after IS NOT NULL ORDER BY id
    """
)
# In the order of the unique key, so that a page costs what is in it.
_PAGE = text(
    """
    SELECT id, mailing_id, client_id, timezone, dispatch, state, ended_as, reason, detail, told_at,
        returned_at
    FROM message
    WHERE mailing_id = :mailing AND client_id > :after
        AND (state = 'queued' OR state = 'ended' AND ended_as IS NOT NULL)
    ORDER BY client_id LIMIT :limit
    """
)
_FINISHED = text(
    """
    UPDATE mailing SET finished_revision = :revision
    WHERE id = :mailing AND finished_revision < :revision
    """
)
_AT_REVISION = "WHERE id = :mailing AND revision = :revision"
_TELL_ALL = text(
    f"""
    UPDATE mailing SET tell_waves = true, tell_again = true, asks = 1, asked_at = :now
    {_AT_REVISION}
    """  # noqa: S608 - a constant of this module
)
_ASKED = text(f"UPDATE mailing SET asking_after = :after {_AT_REVISION}")  # noqa: S608
_ASKED_ALL = text(
    f"""
    UPDATE mailing SET asking_after = NULL, asks = asks + 1, asked_at = :now {_AT_REVISION}
    """  # noqa: S608 - a constant of this module
)


class PostgresUnheard:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def finished(self, mailing_id: int, revision: int) -> None:
        await self._write(_FINISHED, mailing=mailing_id, revision=revision)

    async def follow(self, now: datetime) -> list[Unheard]:
        async with self._engine.begin() as connection:
            await connection.execute(_FOLLOW, {"now": now})
            rows = await connection.execute(_UNHEARD)
            return [Unheard(mailing_of(body), *rest) for body, *rest in rows]

    async def tell_again(self, mailing: MailingChanged, now: datetime) -> None:
        await self._write(_TELL_ALL, mailing=mailing.mailing_id, revision=mailing.revision, now=now)

    async def page(self, mailing_id: int, after: int, limit: int) -> Sequence[Row]:
        key = {"mailing": mailing_id, "after": after, "limit": limit}
        async with self._engine.connect() as connection:
            return [Row(*row) for row in await connection.execute(_PAGE, key)]

    async def asked(self, mailing: MailingChanged, after: int) -> None:
        await self._write(
            _ASKED, mailing=mailing.mailing_id, revision=mailing.revision, after=after
        )

    async def asked_all(self, mailing: MailingChanged, now: datetime) -> None:
        await self._write(
            _ASKED_ALL, mailing=mailing.mailing_id, revision=mailing.revision, now=now
        )

    async def _write(self, statement: TextClause, **parameters: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(statement, parameters)
