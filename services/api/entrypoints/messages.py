"""Which messages the api listens to."""

from functools import partial
from typing import get_args

from faststream.rabbit import RabbitBroker, RabbitMessage

from services.api.domain.parked import Letter, last_death
from services.api.handlers.hook_telling import messages_ended
from services.api.handlers.parked import park
from services.api.handlers.progress import HANDLERS
from services.api.ports import Ports
from shared.contracts.delivery import DeliveryEvents, Kind
from shared.contracts.topology import API_DELIVERIES, API_PROGRESS, DEAD
from shared.runtime.broker import Route, consume, consume_as_it_is

# A few messages per mailing: their order matters more than their pace.
PREFETCH = 1
# Up to some hundred events each; each takes a connection to the database for some milliseconds.
DELIVERIES_PREFETCH = 4
# Few, and of any size.
DEAD_PREFETCH = 4


def listen_to_progress(broker: RabbitBroker, ports: Ports) -> None:
    routes = {
        message.routing_key: Route(message, partial(handler, ports))
        for message, handler in HANDLERS.items()
    }
    consume(broker, API_PROGRESS, routes, prefetch=PREFETCH)


def listen_to_deliveries(broker: RabbitBroker, ports: Ports) -> None:
    """What webhooks tell of. Whatever the queue is bound to: a release may leave more behind."""
    route = Route(DeliveryEvents, partial(messages_ended, ports))
    routes = {f"delivery.{kind}": route for kind in get_args(Kind)}
    consume(broker, API_DELIVERIES, routes, prefetch=DELIVERIES_PREFETCH)


def listen_to_the_dead(broker: RabbitBroker, ports: Ports) -> None:
    """Whatever no consumer could read, whoever it was meant for."""

    async def handle(message: RabbitMessage) -> None:
        await park(ports, Letter(last_death(message.headers), message.body))

    consume_as_it_is(broker, DEAD, handle, prefetch=DEAD_PREFETCH)
