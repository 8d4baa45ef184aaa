"""Trials in the database: a few rows each time somebody looks at a text."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import TRIAL
from services.api.domain.trials import TrialRecord


class SqlTrials:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, trials: Sequence[TrialRecord]) -> None:
        await self._connection.execute(insert(TRIAL), list(map(asdict, trials)))

    async def get(self, message_id: int) -> TrialRecord | None:
        found = await self._connection.execute(select(TRIAL).where(TRIAL.c.id == message_id))
        row = found.first()
        return None if row is None else TrialRecord(*row)

    async def to_phone(self, phone: str) -> list[TrialRecord]:
        query = select(TRIAL).where(TRIAL.c.phone == phone).order_by(TRIAL.c.id)
        return [TrialRecord(*row) for row in await self._connection.execute(query)]

    async def forget_phones_before(self, moment: datetime, limit: int) -> int:
        known = select(TRIAL.c.id).where(TRIAL.c.requested_at < moment, TRIAL.c.phone.is_not(None))
        some = known.order_by(TRIAL.c.id).limit(limit).with_for_update(skip_locked=True)
        gone = update(TRIAL).where(TRIAL.c.id.in_(some.scalar_subquery())).values(phone=None)
        return (await self._connection.execute(gone)).rowcount
