"""What the scheduler listens to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from faststream.rabbit import RabbitBroker

from services.scheduler.handlers.adopting import Adoption
from services.scheduler.handlers.asking import Asking
from services.scheduler.handlers.closing import Closing
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.replaying import Replays
from services.scheduler.handlers.returning import Returns
from services.scheduler.handlers.trials import Trials
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.mailings import MailingChanged, MailingForgotten
from shared.contracts.progress import MailingFinished
from shared.contracts.replays import MessagesReplayed, MessagesResolved
from shared.contracts.topology import (
    SCHEDULER_EVENTS,
    SCHEDULER_PROGRESS,
    SCHEDULER_RETURNED,
    SCHEDULER_TRIALS,
)
from shared.contracts.trials import TrialsRequested
from shared.runtime.broker import M, Route, consume


@dataclass(frozen=True, slots=True)
class Listeners:
    """Whom messages are for."""

    planner: Planner
    returns: Returns
    adoption: Adoption
    replays: Replays
    trials: Trials
    asking: Asking
    closing: Closing


Wake = Callable[[], None]


def subscribe_scheduler(broker: RabbitBroker, to: Listeners, wake: Wake) -> None:
    """``wake``: called after each message that may have changed what is due next."""
    # In order, one by one: a launch must never overtake the import before it.
    consume(broker, SCHEDULER_EVENTS, _events(to, wake), prefetch=1)
    # Each carries up to 200 returned messages.
    consume(broker, SCHEDULER_RETURNED, _returned(to, wake), prefetch=4)
    trials = {TrialsRequested.routing_key: Route(TrialsRequested, to.trials.on_trials_requested)}
    consume(broker, SCHEDULER_TRIALS, trials, prefetch=4)  # one person's few messages each
    progress = {MailingFinished.routing_key: Route(MailingFinished, to.asking.on_finished)}
    consume(broker, SCHEDULER_PROGRESS, progress, prefetch=4)


def _events(to: Listeners, wake: Wake) -> Mapping[str, Route[Any]]:
    plan = _then(wake, to.planner.on_mailing_changed)
    replay = _then(wake, to.replays.on_replayed)
    return {
        ClientsChanged.routing_key: Route(ClientsChanged, to.planner.on_clients_changed),
        ClientsAdded.routing_key: Route(ClientsAdded, to.planner.on_clients_added),
        MailingChanged.routing_key: Route(MailingChanged, plan),
        MessagesReplayed.routing_key: Route(MessagesReplayed, replay),
        MessagesResolved.routing_key: Route(MessagesResolved, to.replays.on_resolved),
        MailingForgotten.routing_key: Route(MailingForgotten, to.closing.on_forgotten),
    }


def _returned(to: Listeners, wake: Wake) -> Mapping[str, Route[Any]]:
    async def on_returned(returned: DeliveryEvents) -> None:
        await to.trials.on_returned(returned)
        await to.adoption.on_returned(returned)
        await to.returns.on_returned(returned)

    return {"delivery.returned": Route(DeliveryEvents, _then(wake, on_returned))}


def _then(wake: Wake, handler: Callable[[M], Awaitable[None]]) -> Callable[[M], Awaitable[None]]:
    async def handle(message: M) -> None:
        await handler(message)
        wake()

    return handle
