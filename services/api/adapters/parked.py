"""Parked messages in the database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import Column, Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.adapters.tables import PARKED
from services.api.domain.clients import Profile
from services.api.domain.parked import Death, Letter, Parked, Place

WAITING = Gauge("carillon_api_parked_messages", "Messages nobody could read, and nobody put back")

# Handed over again, or parked again after it was put back, it is the same row.
_PUT = text("""
    INSERT INTO parked
        (digest, queue, exchange, routing_key, why, bytes, body, times, state, parked_at)
    VALUES (:digest, :queue, :exchange, :routing_key, :why, :bytes, :body, 1, 'parked', :now)
    ON CONFLICT (digest) DO UPDATE SET
        queue = excluded.queue, exchange = excluded.exchange, routing_key = excluded.routing_key,
        why = excluded.why, body = excluded.body, times = parked.times + 1,
        state = 'parked', parked_at = excluded.parked_at
    RETURNING id
""")
_FORGET_ABOUT = text("""
    DELETE FROM parked
    WHERE state = 'parked' AND EXISTS (
        SELECT FROM unnest(CAST(:words AS bytea[])) AS w (word) WHERE position(w.word IN body) > 0
    )
    RETURNING id
""")
_COUNT = text("SELECT count(*) FROM parked WHERE state = 'parked'")
_SHOWN: tuple[Column[Any], ...] = (
    PARKED.c.id,
    PARKED.c.queue,
    PARKED.c.exchange,
    PARKED.c.routing_key,
    PARKED.c.why,
    PARKED.c.bytes,
    PARKED.c.times,
    PARKED.c.state,
    PARKED.c.parked_at,
    PARKED.c.replayed_at,
)


class SqlParkedMessages:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, letter: Letter, now: datetime) -> int:
        death, place = letter.death, letter.death.place
        row = {
            "digest": letter.digest,
            "queue": death.queue,
            "exchange": None if place is None else place.exchange,
            "routing_key": None if place is None else place.routing_key,
            "why": death.why,
            "bytes": len(letter.body),
            "body": letter.body,
            "now": now,
        }
        return await self._connection.scalar(_PUT, row) or 0

    async def page(self, queue: str | None, before: int, limit: int) -> list[Parked]:
        query = select(*_SHOWN).where(PARKED.c.id < before)
        if queue is not None:
            query = query.where(PARKED.c.queue == queue)
        rows = await self._connection.execute(query.order_by(PARKED.c.id.desc()).limit(limit))
        return list(map(_parked, rows))

    async def those(self, ids: Collection[int]) -> dict[int, Parked]:
        query = select(*_SHOWN).where(PARKED.c.id.in_(ids)).order_by(PARKED.c.id)
        rows = await self._connection.execute(query.with_for_update())
        return {row.id: _parked(row) for row in rows}

    async def forget(self, parked_id: int) -> None:
        await self._connection.execute(delete(PARKED).where(PARKED.c.id == parked_id))

    async def forget_about(self, profile: Profile) -> list[int]:
        words = [word.encode() for word in (profile.phone, profile.email) if word]
        return sorted(await self._connection.scalars(_FORGET_ABOUT, {"words": words}))

    async def forget_put_back_before(self, moment: datetime, limit: int) -> int:
        over = select(PARKED.c.id).where(PARKED.c.replayed_at < moment)
        over = over.where(PARKED.c.state == "replayed")
        some = over.order_by(PARKED.c.id).limit(limit).with_for_update(skip_locked=True)
        gone = delete(PARKED).where(PARKED.c.id.in_(some.scalar_subquery()))
        return (await self._connection.execute(gone)).rowcount

    async def take_out(self, ids: Collection[int], now: datetime) -> Mapping[int, bytes]:
        wanted = PARKED.c.id.in_(ids), PARKED.c.state == "parked"
        found = await self._connection.execute(select(PARKED.c.id, PARKED.c.body).where(*wanted))
        bodies = {row.id: row.body for row in found}
        gone = {"state": "replayed", "body": None, "replayed_at": now}
        await self._connection.execute(update(PARKED).where(*wanted).values(gone))
        return bodies


async def measure_parked(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        WAITING.set(await connection.scalar(_COUNT) or 0)


def _parked(row: Row[Any]) -> Parked:
    known = row.exchange is not None and row.routing_key is not None
    place = Place(row.exchange, row.routing_key) if known else None
    return Parked(
        id=row.id,
        death=Death(row.queue, place, row.why),
        bytes=row.bytes,
        times=row.times,
        state=row.state,
        parked_at=row.parked_at,
        replayed_at=row.replayed_at,
    )
