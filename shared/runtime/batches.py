"""Gathers single items into batches, so that a statement or a message carries many."""

import asyncio
import time
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Batches(Generic[T]):
    """A batch is ready ``linger`` seconds after its first item, or at once with ``full`` items."""

    def __init__(self, full: int, linger: float) -> None:
        self._full = full
        self._linger = linger
        self._items: list[T] = []
        self._since = 0.0
        self._some = asyncio.Event()
        self._enough = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T) -> None:
        self._items.append(item)
        self._announce()

    def extend(self, items: Iterable[T]) -> None:
        self._items.extend(items)
        if self._items:
            self._announce()

    def _announce(self) -> None:
        if not self._some.is_set():
            self._since = time.monotonic()
        self._some.set()
        if len(self._items) >= self._full:
            self._enough.set()

    async def take(self) -> list[T]:
        """Waits for a batch, and takes everything there is by then."""
        await self._some.wait()
        patience = self._since + self._linger - time.monotonic()
        if not self._enough.is_set() and patience > 0:
            await self._fill(patience)
        items, self._items = self._items, []
        self._some.clear()
        self._enough.clear()
        return items

    async def _fill(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                await self._enough.wait()
        except TimeoutError:
            return
