"""What stats hears from the broker."""

from collections.abc import Mapping
from typing import get_args

from faststream.rabbit import RabbitBroker

from services.stats.handlers import Handler
from shared.contracts.base import Message
from shared.contracts.delivery import (
    CallsInFlight,
    DeliveryEvents,
    Kind,
    MessagesClosed,
    MessagesForgotten,
)
from shared.contracts.progress import MailingEmitted, WavesPlanned
from shared.contracts.receipts import ReceiptsGiven
from shared.contracts.topology import STATS_EVENTS
from shared.runtime.broker import Route, consume


def subscribe(
    broker: RabbitBroker, handlers: Mapping[type[Message], Handler], *, prefetch: int
) -> None:
    messages: dict[str, type[Message]] = {
        each.routing_key: each
        for each in (
            *(CallsInFlight, MessagesForgotten, MessagesClosed, ReceiptsGiven),
            *(WavesPlanned, MailingEmitted),
        )
    }
    messages |= {f"delivery.{kind}": DeliveryEvents for kind in get_args(Kind)}
    routes = {key: Route(message, handlers[message]) for key, message in messages.items()}
    consume(broker, STATS_EVENTS, routes, prefetch=prefetch)
