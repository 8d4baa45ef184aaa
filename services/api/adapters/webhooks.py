"""Webhooks in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import WEBHOOK
from services.api.domain.webhooks import (
    Because,
    EventType,
    Health,
    Secrets,
    Wanted,
    Webhook,
)

_KNOWN = frozenset(EventType)
_DUE = text("""
    SELECT id FROM webhook AS w
    WHERE disabled_at IS NULL AND (rests_until IS NULL OR rests_until <= :now) AND (
        EXISTS (
            SELECT FROM webhook_delivery AS d
            WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.due_at <= :now
                AND (d.leased_until IS NULL OR d.leased_until <= :now)
        )
        OR EXISTS (
            SELECT FROM webhook_event AS e
            WHERE e.webhook_id = w.id AND e.created_at <= :gathered_before
        )
    )
    ORDER BY id
""")


class SqlWebhooks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, after: int, limit: int) -> list[Webhook]:
        query = select(WEBHOOK).where(WEBHOOK.c.id > after).order_by(WEBHOOK.c.id).limit(limit)
        return list(map(_webhook, await self._connection.execute(query)))

    async def count(self) -> int:
        return await self._connection.scalar(select(func.count()).select_from(WEBHOOK)) or 0

    async def get(self, webhook_id: int, *, lock: bool = False) -> Webhook | None:
        query = select(WEBHOOK).where(WEBHOOK.c.id == webhook_id)
        locked = query.with_for_update(key_share=True) if lock else query
        row = (await self._connection.execute(locked)).first()
        return None if row is None else _webhook(row)

    async def listening(self, events: Collection[EventType] | None = None) -> list[Webhook]:
        query = select(WEBHOOK).where(WEBHOOK.c.disabled_at.is_(None)).order_by(WEBHOOK.c.id)
        if events is not None:
            query = query.where(WEBHOOK.c.events.overlap(sorted(events)))
        locked = query.with_for_update(read=True, key_share=True)
        return list(map(_webhook, await self._connection.execute(locked)))

    async def with_something_due(self, now: datetime, gathered_before: datetime) -> list[int]:
        values = {"now": now, "gathered_before": gathered_before}
        return list(await self._connection.scalars(_DUE, values))

    async def add(self, wanted: Wanted, secret: bytes, now: datetime) -> Webhook:
        row = {"secret": secret, "created_at": now, "updated_at": now, "failures": 0}
        added = insert(WEBHOOK).values(row | _asked(wanted)).returning(WEBHOOK)
        return _webhook((await self._connection.execute(added)).one())

    async def save(self, webhook: Webhook) -> None:
        values = {
            **_asked(webhook.wanted),
            "secret": webhook.secrets.now,
            "old_secret": webhook.secrets.old,
            "old_secret_until": webhook.secrets.old_until,
            "updated_at": webhook.updated_at,
            "disabled_at": webhook.disabled_at,
            "disabled_because": webhook.disabled_because,
            "failures": webhook.health.failures,
            "failing_since": webhook.health.failing_since,
            "rests_until": webhook.health.rests_until,
        }
        change = update(WEBHOOK).where(WEBHOOK.c.id == webhook.id).values(values)
        await self._connection.execute(change)

    async def remove(self, webhook_id: int) -> None:
        await self._connection.execute(delete(WEBHOOK).where(WEBHOOK.c.id == webhook_id))


def _asked(wanted: Wanted) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "url": wanted.url,
        "events": sorted(wanted.events),
        "department_id": wanted.department_id,
        "mailing_id": wanted.mailing_id,
    }


def _webhook(row: Row[Any]) -> Webhook:
    # What a later release tells of, this one does not.
    events = frozenset(map(EventType, _KNOWN.intersection(row.events)))
    because = row.disabled_because
    return Webhook(
        id=row.id,
        wanted=Wanted(row.name, row.url, events, row.department_id, row.mailing_id),
        secrets=Secrets(row.secret, row.old_secret, row.old_secret_until),
        created_at=row.created_at,
        updated_at=row.updated_at,
        disabled_at=row.disabled_at,
        disabled_because=None if because is None else Because(because),
        health=Health(row.failures, row.failing_since, row.rests_until),
    )
