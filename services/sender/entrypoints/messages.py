"""The queues a sender reads: envelopes of its channels, and gates."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from faststream.rabbit import RabbitBroker, RabbitMessage
from faststream.rabbit.subscriber.usecase import RabbitSubscriber

from services.sender.domain.work import Lane, Parcel
from services.sender.entrypoints.reading import ParkingLimit, read_envelopes
from services.sender.entrypoints.receipts import BrokerReceipt, SharedReceipt
from shared.contracts.gates import GatesChanged
from shared.contracts.topology import SENDER_GATES, again_queue, send_queue
from shared.runtime.broker import Route, consume, subscribe

# One at a time: a batch of gates is one statement, and no claim begins meanwhile anyway.
GATES_PREFETCH = 1
# Only the sender that has a gate in hand knows of it while the database is away. Once it is back,
# the others call again within half a second: the gate must be stored before.
GATES_LONGEST_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Prefetch:
    """Envelopes a sender holds per queue."""

    urgent: int
    again: int
    normal: int


def subscribe_gates(
    broker: RabbitBroker,
    handlers: Mapping[type[GatesChanged], Callable[[GatesChanged], Awaitable[None]]],
) -> None:
    routes = {message.routing_key: Route(message, handle) for message, handle in handlers.items()}
    consume(
        broker,
        SENDER_GATES,
        routes,
        prefetch=GATES_PREFETCH,
        longest_pause=GATES_LONGEST_PAUSE,
    )


def subscribe_channel(
    broker: RabbitBroker,
    channel: str,
    prefetch: Prefetch,
    limit: ParkingLimit,
    put: Callable[[Parcel], None],
) -> list[RabbitSubscriber]:
    """``put`` takes an envelope in; whoever has it settles its receipt."""

    def read(queue: str, lane: Lane, count: int) -> RabbitSubscriber:
        async def on_envelopes(message: RabbitMessage) -> None:
            envelopes = read_envelopes(queue, channel, message.body)
            if envelopes:
                receipt = SharedReceipt(BrokerReceipt(message), len(envelopes))
                for envelope in envelopes:
                    put(Parcel(envelope, lane, receipt))
            elif limit.may_park(queue):
                await message.reject(requeue=False)

        return subscribe(broker, queue, on_envelopes, prefetch=count)

    return [
        read(send_queue(channel, urgent=True), Lane.URGENT, prefetch.urgent),
        read(again_queue(channel), Lane.AGAIN, prefetch.again),
        read(send_queue(channel), Lane.NORMAL, prefetch.normal),
    ]
