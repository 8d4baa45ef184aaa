"""Tags in the database."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import CLIENT, TAG
from services.api.domain.tags import Tag

# Those that are there already are looked up first: an insert that finds nothing to do would still
# take a lock and write. Sorted, so that two imports cannot wait for each other.
_ENSURE = text(
    "INSERT INTO tag (name, created_at)"
    " SELECT name, CAST(:now AS timestamptz) FROM unnest(CAST(:names AS text[])) AS new (name)"
    " WHERE NOT EXISTS (SELECT FROM tag WHERE tag.name = new.name)"
    " ORDER BY name ON CONFLICT DO NOTHING"
)


class SqlTags:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, prefix: str, after: str, limit: int) -> list[Tag]:
        query = select(TAG).where(TAG.c.name > after)
        if prefix:
            query = query.where(TAG.c.name.startswith(prefix, autoescape=True))
        rows = await self._connection.execute(query.order_by(TAG.c.name).limit(limit))
        return [Tag(row.name, row.created_at) for row in rows]

    async def get(self, name: str) -> Tag | None:
        row = (await self._connection.execute(select(TAG).where(TAG.c.name == name))).first()
        return None if row is None else Tag(row.name, row.created_at)

    async def clients_with(self, name: str) -> int:
        theirs = select(func.count()).select_from(CLIENT).where(CLIENT.c.tags.contains([name]))
        return await self._connection.scalar(theirs) or 0

    async def ensure(self, names: Collection[str], now: datetime) -> None:
        if names:
            await self._connection.execute(_ENSURE, {"names": list(names), "now": now})

    async def add(self, name: str, now: datetime) -> Tag | None:
        new = insert(TAG).values(name=name, created_at=now).on_conflict_do_nothing()
        row = (await self._connection.execute(new.returning(TAG.c.name))).first()
        return None if row is None else Tag(name, now)

    async def forget(self, name: str) -> None:
        await self._connection.execute(delete(TAG).where(TAG.c.name == name))
