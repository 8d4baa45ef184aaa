"""Whether commands of a lost plan may still be on their way to a sender, or back from one.

What a sender has in hand is not counted by the broker; but it looks through it every two seconds,
whatever its provider does, and gives back what a gate stops. So the queues must have been empty for
longer than that.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractRobustChannel
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from shared.contracts.topology import CHANNELS, SCHEDULER_RETURNED, send_queue
from shared.runtime.broker import connect_robust

# Retries need not be waited for: whatever was called once is in the ledger.
QUEUES = (
    *(send_queue(channel, urgent=urgent) for channel in CHANNELS for urgent in (False, True)),
    SCHEDULER_RETURNED,
)
ANSWER_WITHIN = 5.0


class QueuesStill:
    def __init__(self, channel: AbstractRobustChannel) -> None:
        self._channel = channel

    async def stirring(self) -> str | None:
        """The first queue that is not empty, or could not be asked; None when all are."""
        for queue in QUEUES:
            if await self._depth(queue) != 0:
                return queue
        return None

    async def _depth(self, queue: str) -> int | None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                declared = await self._channel.declare_queue(queue, passive=True, robust=False)
        except (AMQPError, ChannelInvalidStateError, OSError, RuntimeError):
            return None
        return declared.declaration_result.message_count


@asynccontextmanager
async def queues_still(url: str) -> AsyncIterator[QueuesStill]:
    """Raises OSError when the broker cannot be reached."""
    connection = await connect_robust(url)
    async with connection:
        yield QueuesStill(await connection.channel())
