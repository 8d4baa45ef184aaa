"""Sending what webhooks are to be told: taken, carried, settled.

Taking is a lease: whoever dies on the way leaves it to the others, who send the same again, under
the same id. To one receiver go at most ``AT_ONCE`` requests at a time, whoever sends them, and one
that fails gets one, after a rest; so it holds up nobody else, and what waits for it waits in few.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.api.domain.audit import Action, Deed
from services.api.domain.hook_events import MOST_EVENTS, body_of
from services.api.domain.hook_log import Delivery
from services.api.domain.hook_tries import LEASE, TRIED_FOR, Tried, next_try, was_away
from services.api.domain.signatures import key_of, sign
from services.api.domain.webhooks import (
    AT_ONCE,
    MOST_WEBHOOKS,
    Because,
    Health,
    Webhook,
    disabled,
    failed_once_more,
    is_given_up,
)
from services.api.handlers.webhooks import forget_what_waits, subject
from services.api.ports import Courier, Ports, SealBroken, Store
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# Events wait so long for others that go with them.
GATHERED_FOR = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """``headers``: signed, as they go with this try."""

    delivery: Delivery
    url: str
    headers: dict[str, str]
    body: bytes


async def with_something_due(ports: Ports) -> list[int]:
    now = ports.clock.now()
    async with ports.transactions.reading() as store:
        return await store.webhooks.with_something_due(now, now - GATHERED_FOR)


async def send_next(ports: Ports, courier: Courier, webhook_id: int) -> Tried | None:
    """None when there was nothing to send, or others send enough."""
    taken = await take(ports, webhook_id)
    if taken is None:
        return None
    tried = await courier.carry(taken.url, taken.headers, taken.body)
    await settle(ports, taken.delivery, tried)
    return tried


async def take(ports: Ports, webhook_id: int) -> Taken | None:
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        webhook = await store.webhooks.get(webhook_id, lock=True)
        if webhook is None or not await _has_room(store, webhook, now):
            return None
        found = await _next(store, webhook, now)
        if found is None:
            return None
        delivery, body = found
        try:
            keys = [key_of(ports.seals.unseal(one).decode()) for one in webhook.secrets.good(now)]
        except SealBroken:
            await _disable(ports, store, webhook, Because.SECRET_LOST, now)
            return None
    headers = sign(keys, delivery.webhook_message_id, now, body)
    return Taken(delivery, webhook.wanted.url, headers, body)


async def settle(ports: Ports, delivery: Delivery, tried: Tried) -> None:
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        webhook = await store.webhooks.get(delivery.webhook_id, lock=True)
        if webhook is None:
            return
        if tried.is_taken:
            await _delivered(store, webhook, delivery, tried, now)
        else:
            await _failed(ports, store, webhook, delivery, tried, now)


async def seal_anew(ports: Ports) -> None:
    """Secrets are sealed with the key of now, so that the one of before can be put away."""
    async with ports.transactions.begin() as store:
        for webhook in await store.webhooks.page(0, MOST_WEBHOOKS):
            await _seal_anew(ports, store, webhook.id)


async def _has_room(store: Store, webhook: Webhook, now: datetime) -> bool:
    health = webhook.health
    if not webhook.is_enabled or (health.rests_until is not None and health.rests_until > now):
        return False
    most = 1 if health.failures else AT_ONCE
    return await store.hook_log.under_way(webhook.id, now) < most


async def _next(store: Store, webhook: Webhook, now: datetime) -> tuple[Delivery, bytes] | None:
    """What is due already goes before what nobody has tried to tell yet."""
    found = await store.hook_log.take_due(webhook.id, now + LEASE, now)
    if found is not None:
        return found
    parts = await store.hook_events.take(webhook.id, now - GATHERED_FOR, MOST_EVENTS)
    if not parts:
        return None
    types = frozenset().union(*(part.types for part in parts))
    count = sum(part.events for part in parts)
    body = body_of(parts, now)
    await store.hook_log.add(webhook.id, types, count, body, now, now + TRIED_FOR)
    return await store.hook_log.take_due(webhook.id, now + LEASE, now)


async def _delivered(
    store: Store, webhook: Webhook, delivery: Delivery, tried: Tried, now: datetime
) -> None:
    await store.hook_log.delivered(delivery.id, tried, now)
    if webhook.health != Health():
        if was_away(webhook.health.failures, webhook.health.failing_since, now):
            await store.hook_log.hasten(webhook.id, now)
        await store.webhooks.save(replace(webhook, health=Health()))


async def _failed(
    ports: Ports, store: Store, webhook: Webhook, delivery: Delivery, tried: Tried, now: datetime
) -> None:
    due_at = next_try(delivery.attempts, delivery.give_up_at, now)
    await store.hook_log.failed(delivery, tried, due_at, now)
    ids = {"webhook_id": webhook.id, "delivery_id": delivery.id, "attempt": delivery.attempts}
    told = facts("webhook_not_delivered", **ids, trouble=tried.trouble, status=tried.status)
    log.warning("A receiver of webhooks has not taken a delivery", extra=told)
    if not webhook.is_enabled:
        return
    health = failed_once_more(webhook.health, now, tried.told_to_wait)
    if tried.is_gone:
        await _disable(ports, store, webhook, Because.GONE, now)
    elif is_given_up(health, now):
        await _disable(ports, store, webhook, Because.FAILING, now)
    else:
        await store.webhooks.save(replace(webhook, health=health))


async def _disable(
    ports: Ports, store: Store, webhook: Webhook, why: Because, now: datetime
) -> None:
    await store.webhooks.save(disabled(webhook, why, now))
    await forget_what_waits(ports, store, webhook)
    deed = Deed(Action.DISABLE_WEBHOOK, subject(webhook), {"because": why.value})
    await store.audit.note(deed, None, now)
    told = facts("webhook_disabled", webhook_id=webhook.id, because=why)
    log.error("Nothing is sent to a webhook any more", extra=told)


async def _seal_anew(ports: Ports, store: Store, webhook_id: int) -> None:
    webhook = await store.webhooks.get(webhook_id, lock=True)
    if webhook is None:
        return
    secrets, renew = webhook.secrets, ports.seals.renew
    new = renew(secrets.now)
    old = None if secrets.old is None else renew(secrets.old)
    if new is not None or old is not None:
        anew = replace(secrets, now=new or secrets.now, old=old or secrets.old)
        await store.webhooks.save(replace(webhook, secrets=anew))
