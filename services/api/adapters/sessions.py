"""Log-ins in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import SESSION, USER
from services.api.adapters.users import USER_COLUMNS, user_of
from services.api.domain.sessions import End, Session
from services.api.domain.users import User

_ALIVE = SESSION.c.ended_at.is_(None)


class SqlSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, user_id: int, address: str, until: datetime, now: datetime) -> Session:
        row = (
            await self._connection.execute(
                insert(SESSION)
                .values(user_id=user_id, turn=0, address=address, created_at=now, expires_at=until)
                .returning(SESSION)
            )
        ).one()
        return _session(row)

    async def get(self, session_id: int, *, lock: bool = False) -> Session | None:
        query = select(SESSION).where(SESSION.c.id == session_id)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _session(row)

    async def user_of(self, session_id: int, now: datetime) -> User | None:
        alive = _ALIVE & (SESSION.c.expires_at > now)
        query = (
            select(*USER_COLUMNS)
            .join_from(USER, SESSION, SESSION.c.user_id == USER.c.id)
            .where(SESSION.c.id == session_id, alive, USER.c.closed_at.is_(None))
        )
        row = (await self._connection.execute(query)).first()
        return None if row is None else user_of(row)

    async def save(self, session: Session) -> None:
        await self._connection.execute(
            update(SESSION)
            .where(SESSION.c.id == session.id)
            .values(
                turn=session.turn,
                expires_at=session.expires_at,
                refreshed_at=session.refreshed_at,
            )
        )

    async def alive(self, user_id: int, now: datetime, after: int, limit: int) -> list[Session]:
        query = (
            select(SESSION)
            .where(SESSION.c.user_id == user_id, _ALIVE, SESSION.c.expires_at > now)
            .where(SESSION.c.id > after)
            .order_by(SESSION.c.id)
            .limit(limit)
        )
        return list(map(_session, await self._connection.execute(query)))

    async def end(self, session_id: int, why: End, now: datetime) -> None:
        await self._connection.execute(
            update(SESSION)
            .where(SESSION.c.id == session_id, _ALIVE)
            .values(ended_at=now, ended_by=why)
        )

    async def end_all(
        self, user_id: int, why: End, now: datetime, *, but: int | None = None
    ) -> int:
        others = SESSION.c.user_id == user_id
        if but is not None:
            others &= SESSION.c.id != but
        ended = await self._connection.execute(
            update(SESSION)
            .where(others, _ALIVE)
            .values(ended_at=now, ended_by=why)
            .returning(SESSION.c.id)
        )
        return len(ended.all())

    async def forget_what_is_over(self, before: datetime) -> None:
        await self._connection.execute(delete(SESSION).where(SESSION.c.expires_at < before))


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        turn=row.turn,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        address=row.address,
        refreshed_at=row.refreshed_at,
    )
