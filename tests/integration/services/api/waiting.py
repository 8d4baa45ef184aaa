"""Waiting for what happens in a database, a broker or another process."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], Awaitable[bool]], limit: float = 15) -> None:
    """Raises TimeoutError after ``limit`` seconds."""
    async with asyncio.timeout(limit):
        while not await holds():  # noqa: ASYNC110 - nothing there could set an event of ours
            await asyncio.sleep(0.02)
