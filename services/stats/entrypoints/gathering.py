"""Applies several waiting messages in one transaction, because most of a transaction's cost does
not depend on how many events are in it.

What arrives while one transaction runs makes up the next, and what comes first waits a moment for
company. Each message is acknowledged after the transaction it was in; a fault in one of them (a
bug) is found by applying them one by one, so the others do not share its fate.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from shared.contracts.base import Message
from shared.runtime.batches import Batches
from shared.runtime.database import is_transient

# Events in one transaction: bounds memory, and how long the books of a mailing stay locked.
MOST_EVENTS = 3_000
# Seconds that the first message of a transaction waits for others, the transaction before it
# included. What is read must not be older than a second: of it the senders take 0.05 and a
# transaction of that many events 0.2. At 6,000 messages a second it halves the transactions, and
# takes a tenth off what each message costs here.
LINGER = 0.2

M = TypeVar("M", bound=Message)


class Gathering(Generic[M]):
    def __init__(
        self,
        apply: Callable[..., Awaitable[None]],
        size: Callable[[M], int],
        *,
        full: int,
        linger: float = LINGER,
    ) -> None:
        """``apply``: takes any number of messages, and all of them or none; ``size``: how many
        events are in one.

        ``full``: messages after which no more are waited for.
        """
        self._apply = apply
        self._size = size
        self._waiting: Batches[tuple[M, asyncio.Future[None]]] = Batches(full=full, linger=linger)

    async def deliver(self, message: M) -> None:
        """Returns when the message's events are applied. Raises what applying them raised."""
        await self._put(message)

    def _put(self, message: M) -> asyncio.Future[None]:
        """No frame that an error comes through may keep the future: it has the error, and the two
        would hold each other, and the message, until the collector comes by."""
        applied = asyncio.get_running_loop().create_future()
        self._waiting.add((message, applied))
        return applied

    async def run(self) -> None:
        while True:
            await self._settle_all(await self._waiting.take())

    async def _settle_all(self, waiting: Sequence[tuple[M, asyncio.Future[None]]]) -> None:
        """In a frame of its own: the loop's would keep the last ones while it waits for more."""
        for group in _groups(waiting, self._size):
            await self._settle(group)

    async def _settle(self, group: Sequence[tuple[M, asyncio.Future[None]]]) -> None:
        if not await self._settled(group):
            for one in group:
                await self._settled([one])

    async def _settled(self, group: Sequence[tuple[M, asyncio.Future[None]]]) -> bool:
        """Not when one of several has a fault, and it is not known which."""
        error = await self._failure([message for message, _ in group])
        if error is not None and len(group) > 1 and not is_transient(error):
            return False
        _tell(group, error)
        return True

    async def _failure(self, messages: Sequence[M]) -> Exception | None:
        try:
            await self._apply(*messages)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for these messages
            return error
        return None


def _groups(
    waiting: Sequence[tuple[M, asyncio.Future[None]]], size: Callable[[M], int]
) -> list[list[tuple[M, asyncio.Future[None]]]]:
    groups: list[list[tuple[M, asyncio.Future[None]]]] = [[]]
    events = 0
    for one in waiting:
        events += size(one[0])
        if groups[-1] and events > MOST_EVENTS:
            groups.append([])
            events = size(one[0])
        groups[-1].append(one)
    return groups


def _tell(group: Sequence[tuple[Any, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, applied in group:
        if applied.done():  # whoever waited was cancelled: its connection is gone
            continue
        if error is None:
            applied.set_result(None)
        else:
            applied.set_exception(error)
