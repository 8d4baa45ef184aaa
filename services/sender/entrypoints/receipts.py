"""The receipt of an envelope that came over RabbitMQ."""

import logging

from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from faststream.rabbit import RabbitMessage

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
