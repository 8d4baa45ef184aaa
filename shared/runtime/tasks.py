"""Ending tasks, including those that do not hear of it at once.

Until Python 3.12, ``asyncio.wait_for`` forgets a cancellation that comes in the moment in which
what it waits for is done (https://github.com/python/cpython/issues/86296), and the libraries that
speak to brokers and databases call it at every step. A loop would then go on for ever, and its
service never stop.
"""

import asyncio
from collections.abc import Awaitable, Collection
from typing import Any

# Longer than a task takes to tidy up after itself.
AGAIN_AFTER = 2.0


async def end(tasks: Collection[asyncio.Task[Any]], again_after: float = AGAIN_AFTER) -> None:
    """Cancels ``tasks`` until all have ended, however; being cancelled itself changes nothing in
    that, and is raised at last. ``again_after``: seconds."""
    cancelled: asyncio.CancelledError | None = None
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=again_after)
        except asyncio.CancelledError as error:
            cancelled = error
    # Looked at, or asyncio would warn of what they raised.
    await asyncio.gather(*tasks, return_exceptions=True)
    if cancelled is not None:
        raise cancelled


async def side_by_side(*works: Awaitable[None]) -> None:
    """Until one of them ends or fails, with which this does; the others are ended first."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(tasks)
    for task in done:
        task.result()
