"""Work that goes on beside requests and messages: loops that come back when they fail."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from shared.runtime.database import is_transient
from shared.runtime.faults import Telling, let_go
from shared.runtime.logs import facts
from shared.runtime.tasks import end

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class Background:
    """Runs named loops until stopped. One that raises or ends is started again after a pause."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(_keep_running(name, loop), name=name))

    async def stop(self) -> None:
        await end(self._tasks)
        self._tasks.clear()


async def _keep_running(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    pause, telling = FIRST_PAUSE, Telling()
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await loop()
        except Exception as error:  # noqa: BLE001 - a loop must outlive any fault; the log carries it
            if times := telling.times(error, started):
                _tell(error, facts(name, times=times))
            let_go(error)
        lasted = asyncio.get_running_loop().time() - started
        pause = FIRST_PAUSE if lasted > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
        await asyncio.sleep(pause)


def _tell(error: Exception, about: dict[str, Any]) -> None:
    if is_transient(error):
        why = type(error).__name__
        log.warning("A background loop waits for what is away: %s", why, extra=about)
    else:
        log.error("A background loop failed and starts again", exc_info=error, extra=about)
