"""Departments in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import DEPARTMENT, INVITATION, MAILING, USER_DEPARTMENT, WEBHOOK
from services.api.domain.departments import Department


class SqlDepartments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, after: int, limit: int) -> list[Department]:
        query = select(DEPARTMENT).where(DEPARTMENT.c.id > after)
        rows = await self._connection.execute(query.order_by(DEPARTMENT.c.id).limit(limit))
        return list(map(_department, rows))

    async def get(self, department_id: int, *, lock: bool = False) -> Department | None:
        query = select(DEPARTMENT).where(DEPARTMENT.c.id == department_id)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _department(row)

    async def missing(self, ids: Collection[int]) -> list[int]:
        query = select(DEPARTMENT.c.id).where(DEPARTMENT.c.id.in_(ids))
        locked = query.with_for_update(read=True, key_share=True)
        there = set((await self._connection.scalars(locked)).all())
        return sorted(set(ids) - there)

    async def add(self, name: str, now: datetime) -> Department | None:
        added = await self._connection.execute(
            insert(DEPARTMENT)
            .values(name=name, created_at=now)
            .on_conflict_do_nothing()
            .returning(DEPARTMENT)
        )
        row = added.first()
        return None if row is None else _department(row)

    async def rename(self, department_id: int, name: str) -> bool:
        change = update(DEPARTMENT).where(DEPARTMENT.c.id == department_id).values(name=name)
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(change)
        except IntegrityError:
            return False
        return True

    async def is_used(self, department_id: int) -> bool:
        users = select(USER_DEPARTMENT.c.department_id).where(
            USER_DEPARTMENT.c.department_id == department_id
        )
        mailings = select(MAILING.c.department_id).where(MAILING.c.department_id == department_id)
        invitations = select(INVITATION.c.id).where(
            INVITATION.c.departments.contains([department_id])
        )
        webhooks = select(WEBHOOK.c.id).where(WEBHOOK.c.department_id == department_id)
        either = union_all(users, invitations, mailings, webhooks).limit(1)
        return (await self._connection.execute(either)).first() is not None

    async def remove(self, department_id: int) -> None:
        await self._connection.execute(delete(DEPARTMENT).where(DEPARTMENT.c.id == department_id))


def _department(row: Row[Any]) -> Department:
    return Department(row.id, row.name, row.created_at)
