"""Tells again what the scheduler knows: ``python -m services.scheduler retell``.

Stats, when its store was lost, comes back by it and by the senders' ledger, in this order: a
message that is under way must be in the books before an older outcome of it could be taken for its
end. The ends of mailings come last. Nothing that is told is new to whoever heard of it, so it may
run while everything runs, any number of times; one that broke off is run again from the start.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from services.scheduler.domain.retold import Row, retold
from services.scheduler.ports import Outlet
from shared.contracts.base import Message
from shared.contracts.delivery import MessagesClosed
from shared.contracts.progress import MailingEmitted, WavesPlanned
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

PAUSE = 0.5


class Record(Protocol):
    """All that was ever told of."""

    async def waves(self) -> Sequence[WavesPlanned]: ...

    def messages(self) -> AsyncIterator[Sequence[Row]]:
        """By id, some thousands at a time."""
        ...

    async def ends(self) -> Sequence[MailingEmitted]:
        """Of mailings whose end was told under the revision that they have."""
        ...

    async def closed(self) -> Sequence[int]:
        """Mailings whose messages are not kept any longer; of these nothing else is told."""
        ...


async def retell(record: Record, outlet: Outlet) -> int:
    """Returns the number of messages told of."""
    for waves in await record.waves():
        await _tell(outlet, waves)
    told = 0
    async for rows in record.messages():
        for message in retold(rows):
            await _tell(outlet, message)
        told += len(rows)
    for emitted in await record.ends():
        await _tell(outlet, emitted)
    for mailing_id in await record.closed():
        await _tell(outlet, MessagesClosed(mailing_id=mailing_id))
    log.info("What was planned was told again", extra=facts("retell", messages=told))
    return told


async def _tell(outlet: Outlet, message: Message) -> None:
    """Until the broker has it."""
    while True:
        try:
            await outlet.tell(message)
        except ConnectionError as error:
            log.warning("Could not tell, trying again: %s", error, extra=facts("retell"))
            await asyncio.sleep(PAUSE)
        else:
            return
