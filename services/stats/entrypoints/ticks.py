"""What the passing of time brings."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Works at once, then again after each pause. Runs for ever.

    The broker may be away: the next round tries again. Other failures end the loop with a log.
    """
    while True:
        try:
            await work()
        except OSError as error:
            log.warning("Upkeep waits for its next round: %s", type(error).__name__)
        await asyncio.sleep(seconds)
