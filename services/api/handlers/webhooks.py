"""Webhooks: made, changed, tried out; what they were told is looked at, and told again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller
from services.api.domain.deeds import deed
from services.api.domain.failures import FieldFault, Invalid, NotFound
from services.api.domain.hook_events import body_of, chunks, of_ping
from services.api.domain.hook_log import Delivery, DeliveryState, check_replayable
from services.api.domain.hook_tries import TRIED_FOR
from services.api.domain.paging import BEHIND_ALL, Page, from_cursor, page_of, row_id
from services.api.domain.signatures import new_secret
from services.api.domain.webhooks import (
    Wanted,
    Webhook,
    changed,
    check_count,
    check_enabled,
    check_narrowed,
    check_url,
    rotated,
)
from services.api.handlers.audit import note
from services.api.ports import Ports, Store

# In an address there may be what opens the door to its receiver.
_SECRET = frozenset({"url"})
# What it is to be, and whether it is to be enabled.
Revised = tuple[Wanted, bool]


async def list_webhooks(ports: Ports, limit: int, cursor: str | None) -> Page[Webhook]:
    after = from_cursor(cursor, row_id, 0)
    async with ports.transactions.reading() as store:
        found = await store.webhooks.page(after, limit + 1)
    return page_of(found, limit, lambda webhook: webhook.id)


async def get_webhook(ports: Ports, webhook_id: int) -> Webhook:
    """Raises NotFound."""
    async with ports.transactions.reading() as store:
        return await existing(store, webhook_id)


async def add_webhook(ports: Ports, wanted: Wanted, who: Caller) -> tuple[Webhook, str]:
    """And its secret, which nobody is told again. Raises Invalid, Conflict."""
    check_url(wanted.url, ports.webhooks_to)
    secret, now = new_secret(), ports.clock.now()
    async with ports.transactions.begin() as store:
        await _check_limits(store, wanted)
        check_count(await store.webhooks.count())
        webhook = await store.webhooks.add(wanted, ports.seals.seal(secret.encode()), now)
        await note(store, _deed(Action.ADD_WEBHOOK, None, webhook), who, now)
    return webhook, secret


async def change_webhook(
    ports: Ports, webhook_id: int, who: Caller, revise: Callable[[Webhook], Revised]
) -> Webhook:
    """Raises NotFound, Invalid."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        before = await existing(store, webhook_id, lock=True)
        wanted, enabled = revise(before)
        check_url(wanted.url, ports.webhooks_to)
        await _check_limits(store, wanted)
        after = changed(before, wanted, enabled=enabled, now=now)
        await store.webhooks.save(after)
        if before.is_enabled and not after.is_enabled:
            await forget_what_waits(ports, store, after)
        await note(store, _deed(Action.CHANGE_WEBHOOK, before, after), who, now)
    return after


async def remove_webhook(ports: Ports, webhook_id: int, who: Caller) -> None:
    """With its log. Raises NotFound."""
    async with ports.transactions.begin() as store:
        before = await existing(store, webhook_id, lock=True)
        await store.webhooks.remove(webhook_id)
        await note(store, _deed(Action.REMOVE_WEBHOOK, before, None), who, ports.clock.now())


async def rotate_secret(
    ports: Ports, webhook_id: int, old_good_for: timedelta, who: Caller
) -> tuple[Webhook, str]:
    """And the new one, which nobody is told again. Raises NotFound."""
    secret, now = new_secret(), ports.clock.now()
    async with ports.transactions.begin() as store:
        before = await existing(store, webhook_id, lock=True)
        after = rotated(before, ports.seals.seal(secret.encode()), old_good_for, now)
        await store.webhooks.save(after)
        until = after.secrets.old_until
        facts: dict[str, Fact] = {"old_until": None if until is None else until.isoformat()}
        deed = Deed(Action.ROTATE_WEBHOOK_SECRET, subject(after), facts)
        await store.audit.note(deed, who, now)
    return after, secret


async def test_webhook(ports: Ports, webhook_id: int, who: Caller) -> Delivery:
    """Something is sent that tells of nothing, at once. Raises NotFound, Conflict."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        webhook = await _enabled(store, webhook_id)
        [ping] = chunks([of_ping(now)])
        body = body_of([ping], now)
        delivery = await store.hook_log.add(
            webhook_id, ping.types, ping.events, body, now, now + TRIED_FOR
        )
        await _try_at_once(store, webhook)
        await store.audit.note(Deed(Action.TEST_WEBHOOK, subject(webhook)), who, now)
    return delivery


async def list_deliveries(
    ports: Ports, webhook_id: int, state: DeliveryState | None, limit: int, cursor: str | None
) -> Page[Delivery]:
    """Newest first. Raises NotFound."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        await existing(store, webhook_id)
        found = await store.hook_log.page(webhook_id, state, before, limit + 1)
    return page_of(found, limit, lambda delivery: delivery.id)


async def replay_delivery(ports: Ports, webhook_id: int, delivery_id: int, who: Caller) -> Delivery:
    """The same is sent once more, under the same id. Raises NotFound, Conflict."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        webhook = await _enabled(store, webhook_id)
        before = await store.hook_log.get(webhook_id, delivery_id, lock=True)
        if before is None:
            raise NotFound("delivery", delivery_id)
        check_replayable(before)
        await store.hook_log.replay(delivery_id, now, now + TRIED_FOR)
        await _try_at_once(store, webhook)
        facts: dict[str, Fact] = {"delivery_id": delivery_id, "was": before.state.value}
        await store.audit.note(Deed(Action.REPLAY_DELIVERY, subject(webhook), facts), who, now)
        after = await store.hook_log.get(webhook_id, delivery_id)
    return after or before


async def existing(store: Store, webhook_id: int, *, lock: bool = False) -> Webhook:
    """Raises NotFound."""
    webhook = await store.webhooks.get(webhook_id, lock=lock)
    if webhook is None:
        raise NotFound("webhook", webhook_id)
    return webhook


async def forget_what_waits(ports: Ports, store: Store, webhook: Webhook) -> None:
    """Of one that is disabled: what was never tried is gone, what was is in its log."""
    await store.hook_events.drop(webhook.id)
    await store.hook_log.give_up(webhook.id, ports.clock.now())


def subject(webhook: Webhook) -> str:
    return f"webhooks/{webhook.id}"


async def _enabled(store: Store, webhook_id: int) -> Webhook:
    webhook = await existing(store, webhook_id, lock=True)
    check_enabled(webhook)
    return webhook


async def _try_at_once(store: Store, webhook: Webhook) -> None:
    """A person waits for it, who may have mended the receiver."""
    health = webhook.health
    if health.rests_until is not None:
        rested = replace(webhook, health=replace(health, rests_until=None))
        await store.webhooks.save(rested)


async def _check_limits(store: Store, wanted: Wanted) -> None:
    """Raises Invalid."""
    check_narrowed(wanted)
    department, mailing = wanted.department_id, wanted.mailing_id
    if department is not None and await store.departments.missing({department}):
        raise Invalid(FieldFault("department_id", f"There is no department {department}."))
    if mailing is not None and await store.mailings.get(mailing) is None:
        raise Invalid(FieldFault("mailing_id", f"There is no mailing {mailing}."))


def _deed(action: Action, before: Webhook | None, after: Webhook | None) -> Deed | None:
    webhook = after or before
    if webhook is None:
        return None
    return deed(action, subject(webhook), _shown(before), _shown(after), personal=_SECRET)


def _shown(webhook: Webhook | None) -> Mapping[str, Any] | None:
    if webhook is None:
        return None
    wanted = webhook.wanted
    return {
        "name": wanted.name,
        "url": wanted.url,
        "events": sorted(wanted.events),
        "department_id": wanted.department_id,
        "mailing_id": wanted.mailing_id,
        "enabled": webhook.is_enabled,
    }
