"""Measures how fast the senders are, for the forecasts of plans.

Only uninterrupted work tells: while there is always something to emit, what the senders take is
what they can take, or what we can give.
"""

import time
from collections.abc import Callable

from services.scheduler.domain.pacing import Stretch
from services.scheduler.handlers.emission import Round
from services.scheduler.ports import Meter, Paces
from shared.runtime.clock import Clock

CHANNEL = "sms"
_AT_WORK = (Round.DONE, Round.HELD_BACK)


class Measuring:
    """``monotonic``: seconds."""

    def __init__(
        self,
        meter: Meter,
        paces: Paces,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meter = meter
        self._paces = paces
        self._clock = clock
        self._monotonic = monotonic
        self._stretch: Stretch | None = None

    async def note(self, outcome: Round) -> None:
        """After every round."""
        if outcome not in _AT_WORK:
            self._stretch = None
            return
        here = Stretch(self._monotonic(), self._meter.commands_taken())
        if self._stretch is None:
            self._stretch = here
            return
        per_second = self._stretch.per_second(here.since, here.taken)
        if per_second is not None:
            self._stretch = here
            await self._keep(per_second)

    async def _keep(self, per_second: float) -> None:
        """Senders that are away take nothing: that is no pace to plan by."""
        if per_second > 0:
            await self._paces.keep(CHANNEL, per_second, self._clock.now())
