"""Users in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.api.adapters.tables import USER, USER_DEPARTMENT
from services.api.domain.users import NewUser, Role, User, UserFilter

_DEPARTMENTS = (
    select(func.array_agg(USER_DEPARTMENT.c.department_id))
    .where(USER_DEPARTMENT.c.user_id == USER.c.id)
    .scalar_subquery()
    .label("departments")
)
# Released with the transaction.
_FIRST = text("SELECT pg_advisory_xact_lock(hashtext('carillon first user'))")
USER_COLUMNS = (*USER.c, _DEPARTMENTS)


class SqlUsers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_email(self, email: str) -> User | None:
        return await self._one(_select(_has_email(email)))

    async def by_id(self, user_id: int, *, lock: bool = False) -> User | None:
        query = _select(USER.c.id == user_id)
        return await self._one(query.with_for_update(of=USER) if lock else query)

    async def page(self, wanted: UserFilter, after: int, limit: int) -> list[User]:
        query = _select(USER.c.id > after, *_conditions(wanted)).order_by(USER.c.id).limit(limit)
        return list(map(user_of, await self._connection.execute(query)))

    async def add(self, new: NewUser, now: datetime) -> User | None:
        added = await self._connection.execute(
            upsert(USER)
            .values(
                email=new.email,
                password_hash=new.password_hash,
                role=new.role,
                may_launch=new.may_launch,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(USER.c.id)
        )
        user_id = added.scalar()
        if user_id is None:
            return None
        await self._assign(user_id, new.departments)
        return await self.by_id(user_id)

    async def save(self, user: User) -> None:
        await self._connection.execute(
            update(USER)
            .where(USER.c.id == user.id)
            .values(
                password_hash=user.password_hash,
                role=user.role,
                may_launch=user.may_launch,
                closed_at=user.closed_at,
            )
        )
        await self._connection.execute(
            delete(USER_DEPARTMENT).where(USER_DEPARTMENT.c.user_id == user.id)
        )
        await self._assign(user.id, user.departments)

    async def remove(self, user_id: int) -> None:
        await self._connection.execute(delete(USER).where(USER.c.id == user_id))

    async def open_admins(self) -> int:
        query = select(USER.c.id).where(USER.c.role == Role.ADMIN, USER.c.closed_at.is_(None))
        ordered = query.order_by(USER.c.id).with_for_update()
        return len((await self._connection.execute(ordered)).all())

    async def are_none(self, *, lock: bool = False) -> bool:
        anybody = select(USER.c.id).limit(1)
        if await self._connection.scalar(anybody) is not None:
            return False
        if not lock:
            return True
        await self._connection.execute(_FIRST)
        return await self._connection.scalar(anybody) is None

    async def _assign(self, user_id: int, departments: Collection[int]) -> None:
        if departments:
            rows = [{"user_id": user_id, "department_id": one} for one in sorted(departments)]
            await self._connection.execute(insert(USER_DEPARTMENT).values(rows))

    async def _one(self, query: Select[Any]) -> User | None:
        row = (await self._connection.execute(query)).first()
        return None if row is None else user_of(row)


def user_of(row: Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        password_hash=row.password_hash,
        role=Role(row.role),
        created_at=row.created_at,
        may_launch=row.may_launch,
        departments=frozenset(row.departments or ()),
        closed_at=row.closed_at,
    )


def _select(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(*USER_COLUMNS).where(*conditions)


def _has_email(email: str) -> ColumnElement[bool]:
    return func.lower(USER.c.email) == email.lower()


def _conditions(wanted: UserFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.email is not None:
        conditions.append(_has_email(wanted.email))
    if wanted.role is not None:
        conditions.append(USER.c.role == wanted.role)
    if wanted.department_id is not None:
        members = select(USER_DEPARTMENT.c.user_id).where(
            USER_DEPARTMENT.c.department_id == wanted.department_id
        )
        conditions.append(USER.c.id.in_(members))
    return conditions
