"""What the scheduler listens to."""

from collections.abc import Awaitable, Callable

from faststream.rabbit import RabbitBroker

from services.scheduler.handlers.adopting import Adoption
from services.scheduler.handlers.asking import Asking
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.replaying import Replays
from services.scheduler.handlers.returning import Returns
from services.scheduler.handlers.trials import Trials
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.mailings import MailingChanged
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


def subscribe_scheduler(
    broker: RabbitBroker,
    planner: Planner,
    returns: Returns,
    adoption: Adoption,
    replays: Replays,
    trials: Trials,
    asking: Asking,
    wake: Callable[[], None],
) -> None:
    """``wake``: called after each message, since what is due next may have changed."""

    def then_wake(handler: Callable[[M], Awaitable[None]]) -> Callable[[M], Awaitable[None]]:
        async def handle(message: M) -> None:
            await handler(message)
            wake()

        return handle

    async def on_returned(returned: DeliveryEvents) -> None:
        await trials.on_returned(returned)
        await adoption.on_returned(returned)
        await returns.on_returned(returned)

    # In order, one by one: a launch must never overtake the import before it.
    consume(
        broker,
        SCHEDULER_EVENTS,
        {
            ClientsChanged.routing_key: Route(ClientsChanged, planner.on_clients_changed),
            ClientsAdded.routing_key: Route(ClientsAdded, planner.on_clients_added),
            MailingChanged.routing_key: Route(
                MailingChanged, then_wake(planner.on_mailing_changed)
            ),
            MessagesReplayed.routing_key: Route(MessagesReplayed, then_wake(replays.on_replayed)),
            MessagesResolved.routing_key: Route(MessagesResolved, replays.on_resolved),
        },
        prefetch=1,
    )
    consume(
        broker,
        SCHEDULER_RETURNED,
        {"delivery.returned": Route(DeliveryEvents, then_wake(on_returned))},
        prefetch=4,  # each carries up to 200 returned messages
    )
    consume(
        broker,
        SCHEDULER_TRIALS,
        {TrialsRequested.routing_key: Route(TrialsRequested, trials.on_trials_requested)},
        prefetch=4,  # one person's few messages each
    )
    consume(
        broker,
        SCHEDULER_PROGRESS,
        {MailingFinished.routing_key: Route(MailingFinished, asking.on_finished)},
        prefetch=4,
    )
