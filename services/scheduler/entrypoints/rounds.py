"""The leader's slow rounds: what nobody waits for, and what nobody may forget."""

import asyncio
from collections.abc import Awaitable, Callable

from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.watching import Watching

# A batch that was left is taken up again within seconds; the store is asked for its oldest.
BETWEEN_LOOKS = 2.0
# As often as metrics are usually read.
BETWEEN_COUNTS = 15.0


class Rounds:
    """``wake``: something has moved that others may wait for."""

    def __init__(
        self, publishing: Publishing, watching: Watching, wake: Callable[[], None]
    ) -> None:
        self._publishing = publishing
        self._watching = watching
        self._wake = wake

    async def left_behind(self) -> None:
        while True:
            if await self._publishing.recover_left():
                self._wake()
            await asyncio.sleep(BETWEEN_LOOKS)

    async def watching(self) -> None:
        while True:
            await self._watching.look()
            await asyncio.sleep(BETWEEN_COUNTS)

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {"left-behind": self.left_behind, "watching": self.watching}
