"""Tells those who watch over us what stands still, and for how long."""

from datetime import timedelta

from services.scheduler import metrics
from services.scheduler.ports import Pile, Piles
from shared.runtime.clock import Clock

# What is due is dealt with in milliseconds; while the senders have enough to do it waits its turn.
OVERDUE = timedelta(minutes=5)


class Watching:
    def __init__(self, piles: Piles, clock: Clock) -> None:
        self._piles = piles
        self._clock = clock

    async def look(self) -> None:
        overdue = self._clock.now() - OVERDUE
        self._tell("unpublished_batches", await self._piles.unpublished())
        self._tell("held_messages", await self._piles.held(overdue))
        self._tell("waves", await self._piles.waves(overdue))
        self._tell("unfinished_mailings", await self._piles.unfinished())

    def forget(self) -> None:
        """Another replica leads now, and tells."""
        metrics.STANDING_STILL.clear()
        metrics.STANDING_STILL_FOR.clear()

    def _tell(self, name: str, pile: Pile) -> None:
        since = pile.since or self._clock.now()
        age = (self._clock.now() - since).total_seconds()
        metrics.STANDING_STILL.labels(name).set(pile.count)
        metrics.STANDING_STILL_FOR.labels(name).set(max(0.0, age))
