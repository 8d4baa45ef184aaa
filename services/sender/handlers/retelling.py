"""Tells again what the ledger knows: ``python -m services.sender retell``.

Stats, when its store was lost, comes back by it. Every event has its old id, so whoever heard of it
finds nothing new; it may run while everything runs, any number of times, and one that broke off is
run again from the start.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Protocol

from services.sender.domain.retold import retold
from services.sender.handlers.persistence import until_done
from services.sender.ports import Outbox
from shared.contracts.ledger import LedgerRow
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


class LedgerPages(Protocol):
    def pages(self) -> AsyncIterator[Sequence[LedgerRow]]:
        """All rows by message id, some thousands at a time."""
        ...


async def retell(ledger: LedgerPages, outbox: Outbox) -> int:
    """Returns the number of messages told of."""
    told = 0
    async for rows in ledger.pages():
        for message in retold(rows):
            await until_done("retell", partial(outbox.events, message))
            told += len(message.events)
    log.info("The ledger was told again", extra=facts("retell", messages=told))
    return told
