"""What becomes of a message whose handler fails.

While the database or the broker is away it is tried again in place, holding its prefetch slot:
that is the back-pressure. Any other failure is a bug: the message goes back after a pause that
grows, and to ``send.dead`` when it has been delivered too often.

A service in which everything fails may do so for hours. It neither grows nor keeps a processor busy
nor fills a disk with what it tells: an error is let go before the pause after it, and of failures
that are the same one a minute is told.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from enum import Enum, auto

from faststream.rabbit import RabbitMessage

from shared.runtime.database import is_transient
from shared.runtime.faults import Telling, let_go
from shared.runtime.logs import facts
from shared.runtime.metrics import RETRIED_IN_PLACE

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
# Seconds. A service that is stopped meanwhile has twice as long to end what is in hand.
LONGEST_PAUSE = 5.0
# Grows from that to the longest: the messages that a bug meets are parked after eight minutes.
PAUSE_AFTER_BUG = 1.0


class _Result(Enum):
    DONE = auto()
    AWAY = auto()
    FAULT = auto()


class Handling:
    """Of the messages of one queue, each in a task of its own."""

    def __init__(self, queue: str, *, prefetch: int, longest_pause: float = LONGEST_PAUSE) -> None:
        self._queue = queue
        self._alone = prefetch == 1
        self._longest_pause = longest_pause
        self._telling = Telling()

    async def see_through(
        self, message: RabbitMessage, handle: Callable[[], Awaitable[None]]
    ) -> None:
        """Until it is acknowledged, or goes back. Nothing of a failure is held in a pause."""
        pause = min(FIRST_PAUSE, self._longest_pause)
        while (result := await self._result(handle)) is _Result.AWAY:
            RETRIED_IN_PLACE.labels(queue=self._queue).inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._longest_pause)
        if result is _Result.DONE:
            await message.ack()
        else:
            await asyncio.sleep(_pause_after_bug(_returns(message), alone=self._alone))
            await message.nack(requeue=True)

    async def _result(self, handle: Callable[[], Awaitable[None]]) -> _Result:
        try:
            await handle()
        except Exception as error:  # noqa: BLE001 - every failure is settled here: tried again, or sent back
            result = _Result.AWAY if is_transient(error) else _Result.FAULT
            self._tell(error, result)
            let_go(error)
            return result
        return _Result.DONE

    def _tell(self, error: Exception, result: _Result) -> None:
        times = self._telling.times(error, time.monotonic())
        if not times:
            return
        if result is _Result.AWAY:
            about = facts("wait", queue=self._queue, times=times)
            log.warning("Trying again: %s", type(error).__name__, extra=about)
        else:
            about = facts("requeue", queue=self._queue, times=times)
            log.error("A handler failed", exc_info=error, extra=about)


def _returns(message: RabbitMessage) -> int:
    """How often the message went back already, as a quorum queue tells."""
    count = message.headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0


def _pause_after_bug(returns: int, *, alone: bool) -> float:
    """Where one message is taken at a time, all the others wait until it is parked."""
    doublings = 0 if alone else min(returns, 8)
    return min(PAUSE_AFTER_BUG * (1 << doublings), LONGEST_PAUSE)
