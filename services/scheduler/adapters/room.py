"""How much may be emitted, from how deep the entrance queues are."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from aio_pika.abc import AbstractRobustChannel
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from services.scheduler.domain.pacing import Pace
from services.scheduler.metrics import QUEUE_DEPTH
from shared.contracts.topology import send_queue

# A measurement is a round trip to the broker; more often tells nothing new.
MEASURE_EVERY = 0.05
MEASURE_TIMEOUT = 2.0


class Published(Protocol):
    """The outlet's own counts."""

    @property
    def published(self) -> Mapping[bool, int]: ...

    @property
    def commands(self) -> int: ...


class QueueRoom:
    def __init__(self, channel: AbstractRobustChannel, outlet: Published) -> None:
        self._channel = channel
        self._outlet = outlet
        self._paces: dict[bool, Pace] = {}

    async def envelopes(self, *, urgent: bool) -> int:
        now = asyncio.get_running_loop().time()
        pace = self._paces.get(urgent)
        if pace is None or now - pace.measured_at >= MEASURE_EVERY:
            pace = await self._measure(pace, now, urgent)
            self._paces[urgent] = pace
        return pace.room_for_a_turn(self._outlet.published[urgent])

    def commands_taken(self) -> float:
        """What was published, less what waited at the last measurements, in envelopes as full as
        they are on average."""
        envelopes = sum(self._outlet.published.values())
        waiting = sum(pace.waiting(self._outlet.published[u]) for u, pace in self._paces.items())
        return self._outlet.commands * (1 - waiting / envelopes) if envelopes else 0.0

    async def _measure(self, pace: Pace | None, now: float, urgent: bool) -> Pace:
        published = self._outlet.published[urgent]
        queue = send_queue("sms", urgent=urgent)
        depth = await self.depth(queue)
        QUEUE_DEPTH.labels(queue=queue).set(depth)
        if pace is None:
            return Pace(now, depth, published)
        return pace.measure(now, depth, published)

    async def depth(self, queue: str) -> int:
        """Messages ready. Raises ConnectionError while the broker is away."""
        try:
            async with asyncio.timeout(MEASURE_TIMEOUT):
                declared = await self._channel.declare_queue(queue, passive=True, robust=False)
        except (AMQPError, ChannelInvalidStateError, RuntimeError) as error:
            raise ConnectionError(f"{queue}: {type(error).__name__}") from error
        return declared.declaration_result.message_count or 0
