"""Which messages the api listens to."""

from functools import partial

from faststream.rabbit import RabbitBroker, RabbitMessage

from services.api.domain.parked import Letter, last_death
from services.api.handlers.parked import park
from services.api.handlers.progress import HANDLERS
from services.api.ports import Ports
from shared.contracts.topology import API_PROGRESS, DEAD
from shared.runtime.broker import Route, consume, consume_as_it_is

# A few messages per mailing: their order matters more than their pace.
PREFETCH = 1
# Few, and of any size.
DEAD_PREFETCH = 4


def listen_to_progress(broker: RabbitBroker, ports: Ports) -> None:
    routes = {
        message.routing_key: Route(message, partial(handler, ports))
        for message, handler in HANDLERS.items()
    }
    consume(broker, API_PROGRESS, routes, prefetch=PREFETCH)


def listen_to_the_dead(broker: RabbitBroker, ports: Ports) -> None:
    """Whatever no consumer could read, whoever it was meant for."""

    async def handle(message: RabbitMessage) -> None:
        await park(ports, Letter(last_death(message.headers), message.body))

    consume_as_it_is(broker, DEAD, handle, prefetch=DEAD_PREFETCH)
