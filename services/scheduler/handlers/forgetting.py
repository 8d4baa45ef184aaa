"""What was perhaps said to somebody is kept so that it can be said again, and not for ever.

When its mailing has finished only a person can want it said again. Its hash is kept: other words
are not sent (``domain/uncertain.py``), so nothing but the chance is lost.
"""

import logging
from datetime import timedelta

from services.scheduler.ports import Said
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# One short transaction of the leader's.
AT_ONCE = 500


class Forgetting:
    def __init__(self, said: Said, clock: Clock, *, days: int) -> None:
        """``days``: since the senders last gave the message back; 0: for ever."""
        self._said = said
        self._clock = clock
        self._days = days

    async def forget_round(self) -> None:
        before = self._clock.now() - timedelta(days=self._days)
        texts, taken = 0, AT_ONCE if self._days else 0
        while taken == AT_ONCE:
            taken = await self._said.forget(before, AT_ONCE)
            texts += taken
        if texts:
            log.info("Texts are not kept any longer", extra=facts("texts_forgotten", texts=texts))
