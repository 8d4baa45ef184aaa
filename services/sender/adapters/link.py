"""Whether the sender may call at all: connected, and no gate behind which it lags.

Gates travel by the broker, so a sender that does not hear from it must not send. And hearing is not
enough: gates may have piled up while it was away. So the broker itself is asked, every second, how
many gates wait and whether anybody takes them; one sender is enough, the database is shared.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from aio_pika.abc import AbstractRobustChannel, AbstractRobustConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from aiormq.abc import AbstractChannel
from faststream.rabbit import RabbitBroker

from shared.contracts.topology import SENDER_GATES
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

ASK_EVERY = 1.0  # seconds, while all is well
ASK_AGAIN = 0.1  # while it is not: this is how soon calls begin
ANSWER_WITHIN = 2.0
# Longer than the consumer's longest pause between two tries to store a gate.
DISTRUST_AFTER_FAILURE = 10.0


class BrokerLink:
    def __init__(self) -> None:
        self._connection: AbstractRobustConnection | None = None
        # The channel on which the broker last said that no gate waits; gone, it says nothing.
        self._heard_on: AbstractChannel | None = None
        self._senders = 1
        self._holding = 0
        self._distrusted_until = 0.0

    def is_connected(self) -> bool:
        return self._connection is not None and self._connection.connected.is_set()

    def may_call(self) -> bool:
        return (
            self._heard_on is not None
            and not self._heard_on.is_closed
            and self.is_connected()
            and not self.distrusts_gates()
        )

    def replicas(self) -> int:
        """Every sender takes gates, whatever its channels are."""
        return self._senders

    def distrusts_gates(self) -> bool:
        """A gate is in hand, or one could not be stored a moment ago."""
        return self._holding > 0 or monotonic() < self._distrusted_until

    @contextmanager
    def holding(self) -> Iterator[None]:
        """A gate is in hand and not yet stored: nothing may begin that it could stop."""
        self._holding += 1
        try:
            yield
        except BaseException:
            self._distrusted_until = monotonic() + DISTRUST_AFTER_FAILURE
            raise
        finally:
            self._holding -= 1
        self._distrusted_until = 0.0

    async def watch(self, broker: RabbitBroker) -> None:
        """Keeps ``may_call`` true to what the broker says. The broker has been started."""
        self._connection = await broker.connect()
        async with self._connection.channel(publisher_confirms=False) as channel:
            while True:
                await self._ask(channel)
                await asyncio.sleep(ASK_EVERY if self._heard_on is not None else ASK_AGAIN)

    async def _ask(self, channel: AbstractRobustChannel) -> None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                underlying = await channel.get_underlay_channel()
                answer = await underlying.queue_declare(SENDER_GATES, passive=True)
        except (AMQPError, ChannelInvalidStateError, OSError, RuntimeError) as error:
            log.warning(
                "The broker does not tell about the gates: %s",
                type(error).__name__,
                extra=facts("gates"),
            )
            self._heard_on = None
        else:
            self._senders = max(1, answer.consumer_count or 0)
            current = answer.message_count == 0 and (answer.consumer_count or 0) > 0
            self._heard_on = underlying if current else None
