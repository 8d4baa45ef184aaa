"""Publishes what the sender has to say."""

from shared.contracts.commands import SendMessages
from shared.contracts.delivery import CallsInFlight, DeliveryEvents
from shared.contracts.topology import RETRY, retry_key
from shared.runtime.broker import Publisher


class BrokerOutbox:
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def events(self, message: DeliveryEvents) -> None:
        await self._publisher.event(message)

    async def retry(self, tier: int, envelope: SendMessages) -> None:
        key = retry_key(envelope.channel, tier)
        await self._publisher.publish(RETRY, key, envelope.encode())

    async def in_flight(self, report: CallsInFlight) -> None:
        await self._publisher.event(report, persist=False)
