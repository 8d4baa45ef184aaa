"""Mailings in the database; what a mailing says is one document."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.orders import ordered
from services.api.adapters.specs import from_document, to_document
from services.api.adapters.tables import MAILING
from services.api.domain.callers import Scope
from services.api.domain.mailings import (
    SENDING,
    Mailing,
    MailingFilter,
    MailingState,
    NewMailing,
    as_event,
)
from services.api.domain.paging import Order, Place
from shared.contracts.mailings import MailingChanged


class SqlMailings:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, mailing_id: int, *, lock: bool = False) -> Mailing | None:
        query = select(MAILING).where(MAILING.c.id == mailing_id)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _mailing(row)

    async def page(
        self, wanted: MailingFilter, order: Order, behind: Place | None, limit: int
    ) -> list[Mailing]:
        query = select(MAILING).where(MAILING.c.deleted_at.is_(None), *_within(wanted.scope))
        query = ordered(query.where(*_matching(wanted)), MAILING, order, behind)
        return list(map(_mailing, await self._connection.execute(query.limit(limit))))

    async def ids(self, scope: Scope) -> list[int]:
        query = select(MAILING.c.id).where(*_within(scope)).order_by(MAILING.c.id)
        return list(await self._connection.scalars(query))

    async def names(self, ids: Collection[int], scope: Scope) -> dict[int, str | None]:
        query = select(MAILING.c.id, MAILING.c.name).where(MAILING.c.id.in_(ids), *_within(scope))
        return {row.id: row.name for row in await self._connection.execute(query)}

    async def departments(self, ids: Collection[int]) -> dict[int, int | None]:
        query = select(MAILING.c.id, MAILING.c.department_id).where(MAILING.c.id.in_(ids))
        return {row.id: row.department_id for row in await self._connection.execute(query)}

    async def add(self, mailing: NewMailing) -> Mailing:
        row = (
            await self._connection.execute(
                insert(MAILING)
                .values(
                    name=mailing.name,
                    state=mailing.state,
                    spec=to_document(mailing.spec),
                    department_id=mailing.spec.department_id,
                    created_at=mailing.created_at,
                    updated_at=mailing.created_at,
                    launched_at=mailing.launched_at,
                )
                .returning(MAILING)
            )
        ).one()
        return _mailing(row)

    async def save(self, mailing: Mailing) -> None:
        await self._connection.execute(
            update(MAILING)
            .where(MAILING.c.id == mailing.id)
            .values(
                name=mailing.name,
                state=mailing.state,
                revision=mailing.revision,
                spec=to_document(mailing.spec),
                department_id=mailing.spec.department_id,
                updated_at=mailing.updated_at,
                launched_at=mailing.launched_at,
                started_at=mailing.started_at,
                finished_at=mailing.finished_at,
                deleted_at=mailing.deleted_at,
                forgotten_at=mailing.forgotten_at,
            )
        )

    async def started(self, mailing_id: int, at: datetime, *, now: datetime) -> None:
        is_scheduled = MAILING.c.state == MailingState.SCHEDULED
        await self._connection.execute(
            update(MAILING)
            .where(MAILING.c.id == mailing_id, MAILING.c.started_at.is_(None))
            .values(
                started_at=at,
                state=case((is_scheduled, MailingState.RUNNING), else_=MAILING.c.state),
                updated_at=now,
            )
        )

    async def finished(
        self, mailing_id: int, revision: int, at: datetime, *, now: datetime
    ) -> None:
        await self._connection.execute(
            update(MAILING)
            .where(MAILING.c.id == mailing_id, MAILING.c.revision == revision)
            .where(MAILING.c.state.in_(SENDING))
            .values(state=MailingState.FINISHED, finished_at=at, updated_at=now)
        )

    async def finished_before(self, moment: datetime, limit: int) -> list[Mailing]:
        over = select(MAILING).where(MAILING.c.state == MailingState.FINISHED)
        over = over.where(MAILING.c.finished_at < moment, MAILING.c.forgotten_at.is_(None))
        some = over.order_by(MAILING.c.id).limit(limit).with_for_update(skip_locked=True)
        return list(map(_mailing, await self._connection.execute(some)))

    async def launched(self, after: int, limit: int) -> list[MailingChanged]:
        return await self._events(MAILING.c.state != MailingState.FINISHED, after, limit)

    async def past(self, after: int, limit: int) -> list[MailingChanged]:
        return await self._events(MAILING.c.state == MailingState.FINISHED, after, limit)

    async def _events(
        self, condition: ColumnElement[bool], after: int, limit: int
    ) -> list[MailingChanged]:
        query = (
            select(MAILING)
            .where(MAILING.c.id > after, MAILING.c.launched_at.is_not(None), condition)
            .where(MAILING.c.forgotten_at.is_(None))
            .order_by(MAILING.c.id)
            .limit(limit)
        )
        return [as_event(_mailing(row)) for row in await self._connection.execute(query)]


def _matching(wanted: MailingFilter) -> list[ColumnElement[bool]]:
    asked: list[tuple[object, Callable[[Any], ColumnElement[bool]]]] = [
        (wanted.state, lambda state: MAILING.c.state == state),
        (wanted.department_id, lambda id_: MAILING.c.department_id == id_),
        (wanted.channel, lambda channel: MAILING.c.spec["channel"].astext == channel),
        (wanted.name, lambda part: MAILING.c.name.icontains(part, autoescape=True)),
        (wanted.created_from, lambda at: MAILING.c.created_at >= at),
        (wanted.created_to, lambda at: MAILING.c.created_at < at),
    ]
    return [condition(value) for value, condition in asked if value is not None]


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    """As ``Scope.includes``."""
    if scope.departments is None:
        return []
    if not scope.departments:
        return [MAILING.c.department_id.is_(None)]
    return [MAILING.c.department_id.in_(scope.departments)]


def _mailing(row: Row[Any]) -> Mailing:
    return Mailing(
        id=row.id,
        name=row.name,
        state=MailingState(row.state),
        revision=row.revision,
        spec=from_document(row.spec),
        created_at=row.created_at,
        updated_at=row.updated_at,
        launched_at=row.launched_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        deleted_at=row.deleted_at,
        forgotten_at=row.forgotten_at,
    )
