"""What stands still, in PostgreSQL: counted now and then, never where messages are on their way."""

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.ports import Pile

_UNPUBLISHED = text("SELECT count(*), min(written_at) FROM batch")


class PostgresPiles:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def unpublished(self) -> Pile:
        return await self._pile(_UNPUBLISHED)

    async def _pile(self, query: TextClause) -> Pile:
        async with self._engine.connect() as connection:
            count, since = (await connection.execute(query)).one()
            return Pile(count, since)
