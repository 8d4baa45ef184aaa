"""What was done by whom, in the database, which lets nobody change it."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import AUDIT, USER
from services.api.domain.audit import Deed, Entry
from services.api.domain.callers import Caller


class SqlAudit:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note(self, deed: Deed, who: Caller, now: datetime) -> None:
        await self._connection.execute(
            insert(AUDIT).values(
                at=now,
                user_id=who.user_id,
                address=who.address,
                action=deed.action,
                subject=deed.subject,
                facts=deed.facts,
                request_id=who.request_id,
                token_id=who.token_id,
            )
        )

    async def page(self, before: int, limit: int) -> list[Entry]:
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
            .where(AUDIT.c.id < before)
            .order_by(AUDIT.c.id.desc())
            .limit(limit)
        )
        return [Entry(**row._asdict()) for row in rows]
