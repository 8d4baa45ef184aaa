"""The receipts of envelopes that came over RabbitMQ."""

import logging

from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from faststream.rabbit import RabbitMessage

from services.sender.domain.work import Receipt

log = logging.getLogger(__name__)

_GONE = (AMQPError, ChannelInvalidStateError, OSError, RuntimeError)


class BrokerReceipt:
    """Once the connection is gone the broker delivers the envelope again by itself."""

    __slots__ = ("_message",)

    def __init__(self, message: RabbitMessage) -> None:
        self._message = message

    @property
    def alive(self) -> bool:
        try:
            return not self._message.raw_message.channel.is_closed
        except ChannelInvalidStateError:
            return False

    async def ack(self) -> None:
        try:
            await self._message.ack()
        except _GONE as error:
            log.debug("An acknowledgement came too late: %s", type(error).__name__)

    async def give_back(self) -> None:
        try:
            await self._message.nack(requeue=True)
        except _GONE as error:
            log.debug("There was nobody to give back to: %s", type(error).__name__)


class SharedReceipt:
    """Of ``envelopes`` that came together. The broker forgets them when all are done with, and has
    them all back as soon as one goes back: what was settled of the others will be absorbed."""

    __slots__ = ("_given_back", "_left", "_receipt")

    def __init__(self, receipt: Receipt, envelopes: int) -> None:
        self._receipt = receipt
        self._left = envelopes
        self._given_back = False

    @property
    def alive(self) -> bool:
        return not self._given_back and self._receipt.alive

    async def ack(self) -> None:
        self._left -= 1
        if self._left == 0 and not self._given_back:
            await self._receipt.ack()

    async def give_back(self) -> None:
        if not self._given_back:
            self._given_back = True
            await self._receipt.give_back()
