"""Walks through the ledger and counts what should have come to an end.

Ids are ordered by time, so the key alone leads to the messages of the last days. The walk takes a
small part of one connection's time, however long it takes; what it finds is a sign for a person,
since a redelivery, or a question of the scheduler's, brings these to their end.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.sender.domain.verdicts import ON_ITS_WAY
from services.sender.handlers import metrics
from services.sender.ports import LedgerWalk
from shared.domain.message_id import first_id
from shared.runtime.clock import Clock

# A message that is older has been asked after several times.
LOOK_BACK = timedelta(days=2)
STRETCH = 2_000  # rows: some milliseconds
# Of the walk's time one part in thirty is the database's.
REST = 30
BETWEEN_STRETCHES = 0.05
BETWEEN_WALKS = 30.0


async def walk(ledger: LedgerWalk, clock: Clock, rest: Callable[[float], Awaitable[None]]) -> None:
    """Once through the messages of the last days."""
    now = clock.now()
    after, due_before = first_id(now - LOOK_BACK) - 1, now - ON_ITS_WAY
    stale = overdue = 0
    while True:
        started = time.monotonic()
        stretch = await ledger.stretch(after, STRETCH, due_before)
        if stretch.last is None:
            break
        stale, overdue = stale + stretch.stale_claims, overdue + stretch.overdue_retries
        after = stretch.last
        await rest(max(BETWEEN_STRETCHES, REST * (time.monotonic() - started)))
    metrics.STALE_CLAIMS.set(stale)
    metrics.OVERDUE_RETRIES.set(overdue)


async def keep_walking(ledger: LedgerWalk, clock: Clock) -> None:
    while True:
        await walk(ledger, clock, asyncio.sleep)
        await asyncio.sleep(BETWEEN_WALKS)
