"""Moves on what no event will: its news was lost, or came a moment too late.

A message that a gate stopped waits until the copy has the revision of that gate. Should the event
with it have been lost, with a broker's disk for instance, the api is asked for it.
"""

import logging
from datetime import timedelta

from services.scheduler.handlers.planning import Planner
from services.scheduler.ports import News, Strays
from shared.contracts.directory import ClientsChanged
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# An event that is on its way may stand behind an import of a million clients.
PATIENCE = timedelta(minutes=10)
# Clients asked for in one round, one by one: a lost event held some hundreds.
AT_ONCE = 200


class CatchingUp:
    def __init__(self, strays: Strays, news: News, planner: Planner, clock: Clock) -> None:
        self._strays = strays
        self._news = news
        self._planner = planner
        self._clock = clock

    async def catch_up(self) -> bool:
        """Whether anything was moved on."""
        ended = await self._end_stray_waves()
        return await self._fetch_missing() or ended

    async def _end_stray_waves(self) -> bool:
        ended = 0
        for mailing in await self._strays.stray_waves():
            waves = await self._strays.end_waves(mailing)
            ids = {"mailing_id": mailing.mailing_id, "waves": waves}
            log.warning("Waves that came after the end were ended", extra=facts("sweep", **ids))
            ended += waves
        return ended > 0

    async def _fetch_missing(self) -> bool:
        missing = await self._strays.missing(self._clock.now() - PATIENCE, AT_ONCE)
        if not (missing.clients or missing.mailings):
            return False
        numbers = {"clients": len(missing.clients), "mailings": len(missing.mailings)}
        log.warning("News that never came is asked for", extra=facts("catch_up", **numbers))
        for mailing_id in missing.mailings:
            mailing = await self._news.mailing(mailing_id)
            if mailing is not None:
                await self._planner.on_mailing_changed(mailing)
        states = [await self._news.client(client_id) for client_id in missing.clients]
        found = tuple(client for state in states for client in state.clients)
        if found:
            await self._planner.on_clients_changed(ClientsChanged(clients=found))
        return True
