"""Invitations in the database, and the digests of the tokens that they are used with."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import INVITATION, INVITATION_TOKEN
from services.api.domain.invitations import Invitation, NewInvitation
from services.api.domain.users import Role


class SqlInvitations:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, after: int, limit: int) -> list[Invitation]:
        query = select(INVITATION).where(INVITATION.c.id > after)
        rows = await self._connection.execute(query.order_by(INVITATION.c.id).limit(limit))
        return list(map(_invitation, rows))

    async def get(self, invitation_id: int) -> Invitation | None:
        query = select(INVITATION).where(INVITATION.c.id == invitation_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else _invitation(row)

    async def by_digest(self, digest: bytes, *, lock: bool = False) -> Invitation | None:
        keys = select(INVITATION_TOKEN.c.invitation_id).where(
            INVITATION_TOKEN.c.digest.in_([digest])
        )
        query = select(INVITATION).where(INVITATION.c.id.in_(keys))
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _invitation(row)

    async def add(self, new: NewInvitation, by: int, now: datetime) -> Invitation:
        added = await self._connection.execute(
            insert(INVITATION)
            .values(
                email=new.email,
                role=new.role,
                may_launch=new.may_launch,
                departments=sorted(new.departments),
                invited_by=by,
                created_at=now,
                expires_at=new.expires_at,
            )
            .returning(INVITATION)
        )
        return _invitation(added.one())

    async def open_with(self, invitation_id: int, digest: bytes) -> None:
        row = {"digest": digest, "invitation_id": invitation_id}
        await self._connection.execute(insert(INVITATION_TOKEN).values(row))

    async def remove(self, invitation_id: int) -> Invitation | None:
        removed = await self._connection.execute(
            delete(INVITATION).where(INVITATION.c.id == invitation_id).returning(INVITATION)
        )
        row = removed.first()
        return None if row is None else _invitation(row)

    async def forget_what_is_over(self, before: datetime) -> None:
        await self._connection.execute(delete(INVITATION).where(INVITATION.c.expires_at < before))


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        email=row.email,
        role=Role(row.role),
        may_launch=row.may_launch,
        departments=frozenset(row.departments),
        created_at=row.created_at,
        expires_at=row.expires_at,
        invited_by=row.invited_by,
    )
