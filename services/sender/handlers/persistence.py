"""Keeps trying while the database or the broker is away: an outcome must not be lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.runtime.database import is_transient
from shared.runtime.faults import let_go
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0  # how late an outcome may be noticed to be recordable again


async def until_done(action: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """The result of ``attempt``, tried again as long as it fails for reasons that pass.

    A failure that will not pass is a bug: it is logged each time, and tried again all the same,
    because giving up would lose what is being written.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            return await attempt()
        except Exception as error:  # nothing is hidden: logged, and tried again
            log.warning(
                "Could not finish, trying again: %s",
                type(error).__name__,
                extra=facts(action),
                exc_info=None if is_transient(error) else error,
            )
            let_go(error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
