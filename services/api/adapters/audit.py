"""What was done by whom, in the database, which lets nobody change it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import AUDIT, USER
from services.api.domain.audit import AuditFilter, Deed, Entry
from services.api.domain.callers import Caller


class SqlAudit:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note(self, deed: Deed, who: Caller | None, now: datetime) -> None:
        what = {"action": deed.action, "subject": deed.subject, "facts": deed.facts}
        await self._connection.execute(insert(AUDIT).values(at=now, **what, **_by(who)))

    async def note_all(self, deeds: Sequence[Deed], who: Caller | None, now: datetime) -> None:
        same = {"at": now, **_by(who)}
        rows = [
            {"action": one.action, "subject": one.subject, "facts": one.facts, **same}
            for one in deeds
        ]
        if rows:
            await self._connection.execute(insert(AUDIT).values(rows))

    async def page(self, wanted: AuditFilter, before: int, limit: int) -> list[Entry]:
        rows = await self._connection.execute(
            select(
                AUDIT.c.id,
                AUDIT.c.at,
                AUDIT.c.user_id,
                USER.c.email,
                AUDIT.c.address,
                AUDIT.c.action,
                AUDIT.c.subject,
                AUDIT.c.facts,
                AUDIT.c.request_id,
                AUDIT.c.token_id,
            )
            .outerjoin_from(AUDIT, USER, USER.c.id == AUDIT.c.user_id)
            .where(AUDIT.c.id < before, *_matches(wanted))
            .order_by(AUDIT.c.id.desc())
            .limit(limit)
        )
        return [Entry(**row._asdict()) for row in rows]


def _by(who: Caller | None) -> dict[str, Any]:
    if who is None:
        return {"address": ""}
    return {
        "user_id": who.user_id,
        "address": who.address,
        "request_id": who.request_id,
        "token_id": who.token_id,
    }


def _matches(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: tuple[tuple[object, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.user_id, AUDIT.c.user_id.__eq__),
        (wanted.action, AUDIT.c.action.__eq__),
        (wanted.subject, AUDIT.c.subject.__eq__),
        (wanted.since, AUDIT.c.at.__ge__),
        (wanted.until, AUDIT.c.at.__lt__),
    )
    return [matches(asked) for asked, matches in conditions if asked is not None]
