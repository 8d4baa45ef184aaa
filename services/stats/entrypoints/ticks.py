"""What the passing of time brings."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.runtime.database import is_transient
from shared.runtime.faults import let_go
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Works at once, then again after each pause. Runs for ever.

    While the database or the broker is away a round is left out; any other failure is raised.
    """
    while True:
        try:
            await work()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("Left out a round: %s", type(error).__name__, extra=facts("wait"))
            let_go(error)
        await asyncio.sleep(seconds)
