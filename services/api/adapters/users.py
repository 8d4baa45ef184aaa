"""Users in the database."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.api.adapters.tables import USER
from services.api.domain.users import Role, User


class SqlUsers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_email(self, email: str) -> User | None:
        return await self._one(func.lower(USER.c.email) == email.lower())

    async def by_id(self, user_id: int) -> User | None:
        return await self._one(USER.c.id == user_id)

    async def add_admin(self, email: str, password_hash: str, now: datetime) -> bool:
        added = await self._connection.execute(
            insert(USER)
            .values(email=email, password_hash=password_hash, role=Role.ADMIN, created_at=now)
            .on_conflict_do_nothing()
            .returning(USER.c.id)
        )
        return added.first() is not None

    async def _one(self, condition: ColumnElement[bool]) -> User | None:
        row = (await self._connection.execute(select(USER).where(condition))).first()
        if row is None:
            return None
        return User(row.id, row.email, row.password_hash, Role(row.role), row.created_at)
