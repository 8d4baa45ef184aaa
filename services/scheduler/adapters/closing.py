"""Mailings whose messages are to go, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

_MARK = text("UPDATE mailing SET forget_at = coalesce(forget_at, :now) WHERE id = :mailing")
# At its end for stats, with nothing left to tell or to send.
_NEXT = text(
    """
    SELECT id FROM mailing m
    WHERE forget_at IS NOT NULL AND forgotten_at IS NULL
        AND emitted_revision >= revision AND finished_revision >= revision
        AND NOT EXISTS (SELECT FROM batch b WHERE b.mailing_id = m.id)
        AND NOT EXISTS (SELECT FROM message h WHERE h.mailing_id = m.id AND h.state = 'held')
    ORDER BY forget_at LIMIT 1
    """
)
_SOME = text("SELECT id FROM message WHERE mailing_id = :mailing ORDER BY client_id LIMIT :limit")
_FORGET = text("DELETE FROM message WHERE id = ANY (CAST(:ids AS bigint[]))")
_NO_MEMBERS = text("DELETE FROM frozen WHERE mailing_id = :mailing")
_CLOSED = text("UPDATE mailing SET forgotten_at = :now WHERE id = :mailing")


class PostgresClosing:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def mark(self, mailing_id: int, now: datetime) -> None:
        await self._write(_MARK, mailing=mailing_id, now=now)

    async def next(self) -> int | None:
        async with self._engine.connect() as connection:
            found: int | None = await connection.scalar(_NEXT)
        return found

    async def some(self, mailing_id: int, limit: int) -> Sequence[int]:
        async with self._engine.connect() as connection:
            key = {"mailing": mailing_id, "limit": limit}
            return list(await connection.scalars(_SOME, key))

    async def forget(self, message_ids: Sequence[int]) -> None:
        await self._write(_FORGET, ids=list(message_ids))

    async def closed(self, mailing_id: int, now: datetime) -> None:
        await self._write(_NO_MEMBERS, mailing=mailing_id)
        await self._write(_CLOSED, mailing=mailing_id, now=now)

    async def _write(self, statement: TextClause, **parameters: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(statement, parameters)
