"""Changes of many clients in the database: whom they are about, and how far they are."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import BULK
from services.api.domain.bulk import (
    Bulk,
    BulkAction,
    BulkOrder,
    BulkState,
    BulkTask,
    Progress,
    Whom,
)


class SqlBulks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, order: BulkOrder, last: int, now: datetime) -> int:
        new = insert(BULK).values(
            action=order.action,
            tags=list(order.tags),
            whom=asdict(order.whom),
            phones=len(order.whom.phones),
            dry_run=order.dry_run,
            last_id=last,
            created_at=now,
        )
        id_: int = (await self._connection.execute(new.returning(BULK.c.id))).scalar_one()
        return id_

    async def get(self, bulk_id: int) -> Bulk | None:
        query = select(BULK).where(BULK.c.id == bulk_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else _bulk(row)

    async def page(self, state: BulkState | None, before: int, limit: int) -> list[Bulk]:
        query = select(BULK).where(BULK.c.id < before)
        if state is not None:
            query = query.where(BULK.c.state == state)
        rows = await self._connection.execute(query.order_by(BULK.c.id.desc()).limit(limit))
        return list(map(_bulk, rows))

    async def advance(self, bulk_id: int, by: Progress) -> None:
        await self._connection.execute(
            update(BULK)
            .where(BULK.c.id == bulk_id)
            .values(
                position=by.end,
                matched=BULK.c.matched + by.matched,
                changed=BULK.c.changed + by.changed,
                refused=BULK.c.refused + by.refused,
            )
        )

    async def finish(self, bulk_id: int, state: BulkState, now: datetime) -> None:
        ended = {"state": state, "finished_at": now, "whom": BULK.c.whom.op("-")("phones")}
        await self._connection.execute(update(BULK).where(BULK.c.id == bulk_id).values(ended))


def bulk_task(row: Row[Any]) -> BulkTask:
    return BulkTask(row.id, _order(row), row.position, row.last_id)


def _order(row: Row[Any]) -> BulkOrder:
    whom = Whom(**{name: tuple(values) for name, values in row.whom.items()})
    return BulkOrder(BulkAction(row.action), whom, tuple(row.tags), row.dry_run)


def _bulk(row: Row[Any]) -> Bulk:
    return Bulk(
        id=row.id,
        order=_order(row),
        phones=row.phones,
        state=BulkState(row.state),
        matched=row.matched,
        changed=row.changed,
        refused=row.refused,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
