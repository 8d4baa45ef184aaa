"""The way out: events and envelopes, confirmed by the broker."""

import asyncio
from collections.abc import Sequence

from services.scheduler.domain.envelopes import together
from services.scheduler.metrics import COMMANDS, ENVELOPES
from shared.contracts.base import Message
from shared.contracts.commands import EnvelopesInColumns, SendMessages
from shared.contracts.topology import SEND, again_key, send_key
from shared.runtime.broker import Publisher

# Unconfirmed at a time: keeps the connection busy without flooding a broker that is slow.
IN_FLIGHT = 64


class BrokerOutlet:
    """``per_message``: commands at most; ``published``: messages to the senders so far, urgent ones
    and others; ``commands``: what was in them."""

    def __init__(self, publisher: Publisher, *, per_message: int = 0) -> None:
        self._publisher = publisher
        self._per_message = per_message
        self.published = {True: 0, False: 0}
        self.commands = 0

    async def tell(self, message: Message) -> None:
        await self._publisher.event(message)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        packed = list(together(envelopes, self._per_message))
        for start in range(0, len(packed), IN_FLIGHT):
            chunk = packed[start : start + IN_FLIGHT]
            await asyncio.gather(*(self._send(each, urgent) for each in chunk))

    async def ask(self, questions: Sequence[SendMessages]) -> None:
        for question in questions:
            await self._publisher.publish(SEND, again_key(question.channel), question.encode())

    async def _send(self, envelopes: tuple[SendMessages, ...], urgent: bool) -> None:
        """All of one mailing, and so of one channel."""
        key = send_key(envelopes[0].channel, urgent=urgent)
        await self._publisher.publish(SEND, key, EnvelopesInColumns.of(envelopes).encode())
        commands = sum(len(each.commands) for each in envelopes)
        self.published[urgent] += 1
        self.commands += commands
        ENVELOPES.inc(len(envelopes))
        COMMANDS.inc(commands)
