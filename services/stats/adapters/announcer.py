"""Tells the others that a mailing has come to its end."""

from shared.contracts.progress import MailingFinished
from shared.runtime.broker import Publisher


class BrokerAnnouncer:
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def finished(self, message: MailingFinished) -> None:
        await self._publisher.event(message)
