"""Deliveries of webhooks in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import Column, Row, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.adapters.tables import WEBHOOK_DELIVERY as LOG
from services.api.domain.hook_log import Delivery, DeliveryState
from services.api.domain.hook_tries import Tried, Trouble

WAITING = Gauge("carillon_api_webhook_events_waiting", "Events that receivers have yet to be told")
DISABLED = Gauge("carillon_api_webhooks_disabled", "Webhooks that the api has disabled by itself")

_MEASURE = text("""
    SELECT
        (SELECT coalesce(sum(events), 0) FROM webhook_event)
            + (SELECT coalesce(sum(events), 0) FROM webhook_delivery WHERE state = 'pending'),
        (SELECT count(*) FROM webhook WHERE disabled_because <> 'turned_off')
""")
_SHOWN: tuple[Column[Any], ...] = tuple(
    column for column in LOG.c if column.name not in ("body", "leased_until")
)
_IS_PENDING = LOG.c.state == DeliveryState.PENDING
_OVER = {"leased_until": None, "due_at": None}


class SqlHookLog:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(
        self, webhook_id: int, state: DeliveryState | None, before: int, limit: int
    ) -> list[Delivery]:
        query = select(*_SHOWN).where(LOG.c.webhook_id == webhook_id, LOG.c.id < before)
        if state is not None:
            query = query.where(LOG.c.state == state)
        rows = await self._connection.execute(query.order_by(LOG.c.id.desc()).limit(limit))
        return list(map(_delivery, rows))

    async def get(
        self, webhook_id: int, delivery_id: int, *, lock: bool = False
    ) -> Delivery | None:
        query = select(*_SHOWN).where(LOG.c.id == delivery_id, LOG.c.webhook_id == webhook_id)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _delivery(row)

    async def add(
        self,
        webhook_id: int,
        types: Collection[str],
        events: int,
        body: bytes,
        now: datetime,
        give_up_at: datetime,
    ) -> Delivery:
        row = {
            "webhook_id": webhook_id,
            "state": DeliveryState.PENDING,
            "types": sorted(types),
            "events": events,
            "body": body,
            "created_at": now,
            "give_up_at": give_up_at,
            "due_at": now,
        }
        added = await self._connection.execute(insert(LOG).values(row).returning(*_SHOWN))
        return _delivery(added.one())

    async def under_way(self, webhook_id: int, now: datetime) -> int:
        query = select(func.count()).where(
            LOG.c.webhook_id == webhook_id, _IS_PENDING, LOG.c.leased_until > now
        )
        return await self._connection.scalar(query) or 0

    async def take_due(
        self, webhook_id: int, leased_until: datetime, now: datetime
    ) -> tuple[Delivery, bytes] | None:
        nobodys = or_(LOG.c.leased_until.is_(None), LOG.c.leased_until <= now)
        first = (
            select(LOG.c.id)
            .where(LOG.c.webhook_id == webhook_id, _IS_PENDING, LOG.c.due_at <= now, nobodys)
            .order_by(LOG.c.due_at, LOG.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(LOG)
            .where(LOG.c.id.in_(first))
            .values(leased_until=leased_until, attempts=LOG.c.attempts + 1, tried_at=now)
            .returning(*_SHOWN, LOG.c.body)
        )
        row = (await self._connection.execute(taken)).first()
        return None if row is None else (_delivery(row), row.body)

    async def delivered(self, delivery_id: int, tried: Tried, now: datetime) -> None:
        ended = {"state": DeliveryState.DELIVERED, "ended_at": now, **_OVER, **_told(tried)}
        is_it = and_(LOG.c.id == delivery_id, _IS_PENDING)
        await self._connection.execute(update(LOG).where(is_it).values(ended))

    async def failed(
        self, delivery: Delivery, tried: Tried, due_at: datetime | None, now: datetime
    ) -> None:
        values: dict[str, Any] = {"leased_until": None, "due_at": due_at, **_told(tried)}
        if due_at is None:
            values |= {"state": DeliveryState.FAILED, "ended_at": now}
        is_mine = and_(LOG.c.id == delivery.id, _IS_PENDING, LOG.c.attempts == delivery.attempts)
        await self._connection.execute(update(LOG).where(is_mine).values(values))

    async def hasten(self, webhook_id: int, now: datetime) -> None:
        waits = and_(LOG.c.webhook_id == webhook_id, _IS_PENDING, LOG.c.due_at > now)
        await self._connection.execute(update(LOG).where(waits).values(due_at=now))

    async def give_up(self, webhook_id: int, now: datetime) -> None:
        waits = and_(LOG.c.webhook_id == webhook_id, _IS_PENDING)
        trouble = func.coalesce(LOG.c.trouble, Trouble.DISABLED.value)
        ended = {"state": DeliveryState.FAILED, "ended_at": now, "trouble": trouble, **_OVER}
        await self._connection.execute(update(LOG).where(waits).values(ended))

    async def replay(self, delivery_id: int, now: datetime, give_up_at: datetime) -> None:
        anew = {
            "state": DeliveryState.PENDING,
            "due_at": now,
            "give_up_at": give_up_at,
            "attempts": 0,
            "replays": LOG.c.replays + 1,
            "ended_at": None,
        }
        await self._connection.execute(update(LOG).where(LOG.c.id == delivery_id).values(anew))

    async def forget_ended_before(self, moment: datetime, limit: int) -> int:
        over = select(LOG.c.id).where(LOG.c.state != DeliveryState.PENDING, LOG.c.ended_at < moment)
        some = over.order_by(LOG.c.ended_at).limit(limit).with_for_update(skip_locked=True)
        gone = delete(LOG).where(LOG.c.id.in_(some.scalar_subquery()))
        return (await self._connection.execute(gone)).rowcount


async def measure_webhooks(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        waiting, disabled = (await connection.execute(_MEASURE)).one()
        WAITING.set(waiting)
        DISABLED.set(disabled)


def _told(tried: Tried) -> dict[str, Any]:
    return {"status": tried.status, "trouble": tried.trouble, "latency_ms": tried.latency_ms}


def _delivery(row: Row[Any]) -> Delivery:
    told = {column.name: getattr(row, column.name) for column in _SHOWN}
    told["state"] = DeliveryState(told["state"])
    told["types"] = tuple(told["types"])
    told["trouble"] = None if told["trouble"] is None else Trouble(told["trouble"])
    return Delivery(**told)
