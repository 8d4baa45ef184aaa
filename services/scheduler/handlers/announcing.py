"""Tells the others how mailings stand: published first, marked after, so nothing goes untold."""

from services.scheduler.ports import Outlet, Plans


class Announcer:
    def __init__(self, plans: Plans, outlet: Outlet) -> None:
        self._plans = plans
        self._outlet = outlet

    async def announce(self) -> None:
        async for waves in self._plans.unannounced_waves():
            await self._outlet.tell(waves)
            await self._plans.waves_announced(waves)
        for started in await self._plans.unannounced_starts():
            await self._outlet.tell(started)
            await self._plans.start_announced(started)
        for emitted in await self._plans.unannounced_ends():
            await self._outlet.tell(emitted)
            await self._plans.end_announced(emitted)
