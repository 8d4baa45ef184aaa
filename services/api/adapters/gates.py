"""Whether the senders' broker has the gates: seen by the outbox, which forgets what is confirmed.

Whichever replica relays, the database knows. A gate is on the broker a few milliseconds after it
was committed, so the first looks are close together.
"""

import asyncio

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.runtime.database import is_transient

_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.05

_LAST = text("SELECT max(id) FROM outbox WHERE urgent")
_REMAINS = text("SELECT EXISTS (SELECT FROM outbox WHERE urgent AND id <= :last)")


class SqlGates:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def have_left(self, limit: float) -> bool:
        """Those that come later are not waited for: there may always be some."""
        try:
            async with asyncio.timeout(limit):
                await self._leave()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if not is_transient(error):
                raise
            return False
        return True

    async def _leave(self) -> None:
        pause = _FIRST_PAUSE
        async with self._engine.connect() as connection:
            last: int | None = await connection.scalar(_LAST)
        while last is not None and await self._remain(last):
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _remain(self, last: int) -> bool:
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(_REMAINS, {"last": last}))
