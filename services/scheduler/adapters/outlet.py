"""The way out: events and envelopes, confirmed by the broker."""

import asyncio
from collections.abc import Sequence

from services.scheduler.metrics import COMMANDS, ENVELOPES
from shared.contracts.base import Message
from shared.contracts.commands import SendMessages
from shared.contracts.topology import SEND, again_key, send_key
from shared.runtime.broker import Publisher

# Unconfirmed at a time: keeps the connection busy without flooding a broker that is slow.
IN_FLIGHT = 64


class BrokerOutlet:
    """``published``: envelopes so far, urgent ones and others; ``commands``: what was in them."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.published = {True: 0, False: 0}
        self.commands = 0

    async def tell(self, message: Message) -> None:
        await self._publisher.event(message)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        for start in range(0, len(envelopes), IN_FLIGHT):
            chunk = envelopes[start : start + IN_FLIGHT]
            await asyncio.gather(*(self._send(envelope, urgent) for envelope in chunk))

    async def ask(self, questions: Sequence[SendMessages]) -> None:
        for question in questions:
            await self._publisher.publish(SEND, again_key(question.channel), question.encode())

    async def _send(self, envelope: SendMessages, urgent: bool) -> None:
        key = send_key(envelope.channel, urgent=urgent)
        await self._publisher.publish(SEND, key, envelope.encode())
        self.published[urgent] += 1
        self.commands += len(envelope.commands)
        ENVELOPES.inc()
        COMMANDS.inc(len(envelope.commands))
