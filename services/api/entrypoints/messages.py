"""Which messages the api listens to."""

from functools import partial

from faststream.rabbit import RabbitBroker

from services.api.handlers.progress import HANDLERS
from services.api.ports import Ports
from shared.contracts.topology import API_PROGRESS
from shared.runtime.broker import Route, consume

# A few messages per mailing: their order matters more than their pace.
PREFETCH = 1


def listen_to_progress(broker: RabbitBroker, ports: Ports) -> None:
    routes = {
        message.routing_key: Route(message, partial(handler, ports))
        for message, handler in HANDLERS.items()
    }
    consume(broker, API_PROGRESS, routes, prefetch=PREFETCH)
