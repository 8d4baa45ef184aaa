"""Tells those who watch over us what stands still, and for how long."""

from services.scheduler import metrics
from services.scheduler.ports import Pile, Piles
from shared.runtime.clock import Clock


class Watching:
    def __init__(self, piles: Piles, clock: Clock) -> None:
        self._piles = piles
        self._clock = clock

    async def look(self) -> None:
        self._tell("unpublished", await self._piles.unpublished())

    def _tell(self, name: str, pile: Pile) -> None:
        since = pile.since or self._clock.now()
        age = (self._clock.now() - since).total_seconds()
        metrics.STANDING_STILL.labels(name).set(pile.count)
        metrics.STANDING_STILL_FOR.labels(name).set(max(0.0, age))
