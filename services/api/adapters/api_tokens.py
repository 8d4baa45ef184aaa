"""API tokens in the database, by their digests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import KEY, USER
from services.api.adapters.users import USER_COLUMNS, user_of
from services.api.domain.api_tokens import ApiToken, NewApiToken
from services.api.domain.rights import Right
from services.api.domain.users import User

_COLUMNS = tuple(column for column in KEY.c if column.name != "digest")
# Their names beside those of a user, who has an id too.
_LABELLED = tuple(column.label(f"token_{column.name}") for column in _COLUMNS)
_RIGHTS = frozenset(Right)
# Several replicas write, each what it has seen: the latest counts.
_USED = text("""
    UPDATE api_token SET last_used_at = greatest(last_used_at, used.at)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:instants AS timestamptz[])) AS used (id, at)
    WHERE api_token.id = used.id
""")


class SqlApiTokens:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_digest(self, digest: bytes) -> tuple[ApiToken, User] | None:
        query = (
            select(*_LABELLED, *USER_COLUMNS)
            .join_from(KEY, USER, KEY.c.user_id == USER.c.id)
            .where(KEY.c.digest == digest, USER.c.closed_at.is_(None))
        )
        row = (await self._connection.execute(query)).first()
        return None if row is None else (_token(row, "token_"), user_of(row))

    async def page(self, user_id: int, after: int, limit: int) -> list[ApiToken]:
        query = select(*_COLUMNS).where(KEY.c.user_id == user_id, KEY.c.id > after)
        ordered = query.order_by(KEY.c.id).limit(limit)
        return list(map(_token, await self._connection.execute(ordered)))

    async def count(self, user_id: int) -> int:
        query = select(func.count()).where(KEY.c.user_id == user_id)
        return await self._connection.scalar(query) or 0

    async def add(self, user_id: int, new: NewApiToken, digest: bytes, now: datetime) -> ApiToken:
        added = await self._connection.execute(
            insert(KEY)
            .values(
                user_id=user_id,
                name=new.name,
                digest=digest,
                scopes=sorted(new.scopes),
                created_at=now,
                expires_at=new.expires_at,
            )
            .returning(*_COLUMNS)
        )
        return _token(added.one())

    async def remove(self, user_id: int, key_id: int) -> ApiToken | None:
        removed = await self._connection.execute(
            delete(KEY).where(KEY.c.user_id == user_id, KEY.c.id == key_id).returning(*_COLUMNS)
        )
        row = removed.first()
        return None if row is None else _token(row)

    async def remove_all(self, user_id: int) -> None:
        await self._connection.execute(delete(KEY).where(KEY.c.user_id == user_id))

    async def mark_used(self, uses: Mapping[int, datetime]) -> None:
        seen = {"ids": list(uses), "instants": list(uses.values())}
        await self._connection.execute(_USED, seen)

    async def forget_what_is_over(self, before: datetime) -> None:
        await self._connection.execute(delete(KEY).where(KEY.c.expires_at < before))


def _token(row: Row[Any], prefix: str = "") -> ApiToken:
    told = {column.name: getattr(row, prefix + column.name) for column in _COLUMNS}
    # What a later release knew as a right and this one does not opens nothing here.
    scopes = _RIGHTS.intersection(told.pop("scopes"))
    return ApiToken(**told, scopes=frozenset(map(Right, scopes)))
