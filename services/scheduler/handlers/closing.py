"""Forgets the messages of mailings that ended long ago, here and in the senders' ledger.

Each row is a guard: it keeps its client from getting another message of the mailing, and its
message from being called twice. So they go only when the api has said that the mailing will never
run again, and has closed its gate at the senders; when stats has declared its end; the ledger's
before ours, so that one which broke off is gone on with; and stats hears of it last, when nobody is
left who could tell it anything more. What turns up all the same, a command from wherever, stands
before the gate, comes back, and is not taken in (``handlers/adopting.py``).
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.scheduler.ports import Outlet
from shared.contracts.delivery import MessagesClosed
from shared.contracts.mailings import MailingForgotten
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# Some milliseconds of the ledger's time and of ours.
AT_ONCE = 1_000


class Store(Protocol):
    async def mark(self, mailing_id: int, now: datetime) -> None:
        """Its messages are to go."""
        ...

    async def next(self) -> int | None:
        """A mailing whose messages are to go, and of which nothing is open any more."""
        ...

    async def some(self, mailing_id: int, limit: int) -> Sequence[int]: ...

    async def forget(self, message_ids: Sequence[int]) -> None: ...

    async def closed(self, mailing_id: int, now: datetime) -> None:
        """It has no messages, and stats has been told."""
        ...


class Ledger(Protocol):
    async def forget(self, message_ids: Sequence[int]) -> None:
        """Raises ConnectionError when no sender answers."""
        ...


class Closing:
    def __init__(self, store: Store, ledger: Ledger, outlet: Outlet, clock: Clock) -> None:
        self._store = store
        self._ledger = ledger
        self._outlet = outlet
        self._clock = clock
        self.marked = asyncio.Event()

    async def on_forgotten(self, event: MailingForgotten) -> None:
        await self._store.mark(event.mailing_id, self._clock.now())
        self.marked.set()

    async def close_round(self) -> None:
        while (mailing_id := await self._store.next()) is not None:
            messages = await self._forget(mailing_id)
            await self._outlet.tell(MessagesClosed(mailing_id=mailing_id))
            await self._store.closed(mailing_id, self._clock.now())
            ids = {"mailing_id": mailing_id, "messages": messages}
            log.info("Its messages are not kept any longer", extra=facts("closed", **ids))

    async def _forget(self, mailing_id: int) -> int:
        gone = 0
        while some := await self._store.some(mailing_id, AT_ONCE):
            await self._ledger.forget(some)
            await self._store.forget(some)
            gone += len(some)
        return gone
