"""What has happened, written down for each webhook that is to be told of it.

Of a mailing, and of receipts, in the transaction in which it happens; of messages in that after
which the broker is told that they were heard. So nothing is told that did not happen, and nothing
that did is left out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.api.domain.hook_events import (
    OF_MESSAGE,
    Event,
    chunks,
    of_mailing,
    of_messages,
    of_receipts,
    wanted_of,
)
from services.api.domain.mailings import Mailing
from services.api.domain.webhooks import EventType, Webhook, wanted_by
from services.api.ports import Ports, Store
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.receipts import Receipt


async def tell_of_mailing(
    store: Store, before: Mailing | None, after: Mailing, now: datetime
) -> None:
    """``before``: None when it is new."""
    events = of_mailing(before, after, now)
    if not events:
        return
    departments = {after.id: after.spec.department_id}
    for webhook in await store.webhooks.listening(_types(events)):
        await _put(store, webhook, wanted_of(webhook, events, departments), now)


async def messages_ended(ports: Ports, message: DeliveryEvents) -> None:
    """Any of it may come twice, and is told twice then, under the same ids."""
    events = of_messages(message)
    if not events:
        return
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        webhooks = await store.webhooks.listening(_types(events))
        departments = await _departments(store, webhooks, events)
        for webhook in webhooks:
            await _put(store, webhook, wanted_of(webhook, events, departments), now)


async def tell_of_receipts(store: Store, receipts: Sequence[Receipt], now: datetime) -> None:
    events = of_receipts(receipts)
    for webhook in await store.webhooks.listening(_types(events)):
        await _put(store, webhook, wanted_of(webhook, events, {}), now)


async def wanted(ports: Ports) -> frozenset[EventType]:
    """What of messages somebody is to be told of; what becomes of mailings is our own to know."""
    async with ports.transactions.reading() as store:
        return wanted_by(await store.webhooks.listening()) & frozenset(OF_MESSAGE.values())


async def _departments(
    store: Store, webhooks: Sequence[Webhook], events: Sequence[Event]
) -> Mapping[int, int | None]:
    """Looked up only if somebody cares."""
    if all(one.wanted.department_id is None for one in webhooks):
        return {}
    return await store.mailings.departments({event.data["mailing_id"] for event in events})


async def _put(store: Store, webhook: Webhook, events: Sequence[Event], now: datetime) -> None:
    if events:
        await store.hook_events.put(webhook.id, list(chunks(events)), now)


def _types(events: Sequence[Event]) -> set[EventType]:
    return {EventType(event.type) for event in events}
