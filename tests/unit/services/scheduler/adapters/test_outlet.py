"""What is published is as full as it may be."""

from datetime import UTC, datetime

from services.scheduler.adapters.outlet import BrokerOutlet
from shared.contracts.commands import SendCommand, SendMessages, SendTogether
from shared.runtime.broker import Publisher


class Broker(Publisher):
    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []

    async def publish(self, exchange: str, key: str, body: bytes, *, persist: bool = True) -> None:
        assert persist
        self.bodies.append((key, body))


def envelope(zone: str, *clients: int) -> SendMessages:
    return SendMessages(
        mailing_id=1,
        mailing_revision=1,
        timezone=zone,
        text="The bells ring",
        not_after=datetime(2030, 1, 1, tzinfo=UTC),
        commands=tuple(
            SendCommand(message_id=n, client_id=n, client_revision=1, address="79990001122")
            for n in clients
        ),
    )


async def test_neighbours_travel_together_and_who_has_none_alone() -> None:
    broker = Broker()
    outlet = BrokerOutlet(broker, per_message=3)
    packed = [envelope("UTC", 1), envelope("Asia/Tokyo", 2, 3), envelope("Europe/Moscow", 4, 5, 6)]
    await outlet.send(packed, urgent=False)
    (first, together), (second, alone) = broker.bodies
    assert first == second == "sms"
    assert SendTogether.decode(together).envelopes == tuple(packed[:2])
    assert SendTogether.decode(alone).envelopes == tuple(packed[2:])
    assert outlet.published == {True: 0, False: 2}
    assert outlet.commands == 6
