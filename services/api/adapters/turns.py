"""Taking turns within this process."""

import asyncio
from contextlib import AbstractAsyncContextManager
from weakref import WeakValueDictionary


class LocalTurns:
    """A lock for each key, for as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: bytes) -> AbstractAsyncContextManager[None]:
        return self._locks.setdefault(key, asyncio.Lock())
