"""Mailings and waves, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters.rows import (
    holds_revision,
    mailing_of,
    put_waves,
    standing_columns,
)
from services.scheduler.domain.waves import Phase, Standing
from services.scheduler.ports import DueWave, PlannedWave
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import MailingEmitted, MailingStarted, WavesPlanned, WaveState

_SAVE_MAILING = text(
    """
    INSERT INTO mailing AS m (id, revision, state, body)
    VALUES (:id, :revision, :state, :body)
    ON CONFLICT (id) DO UPDATE
        SET revision = excluded.revision, state = excluded.state, body = excluded.body
    WHERE m.revision < excluded.revision
    RETURNING id
    """
)
# Whoever waits for a window is looked at again under the new plan.
_RECONSIDER_HELD = text(
    "UPDATE message SET due_at = now() WHERE mailing_id = :id AND state = 'held'"
)
_START = text(
    """
    UPDATE mailing SET started_at = :now WHERE id = :id AND started_at IS NULL
        AND EXISTS (SELECT 1 FROM wave WHERE mailing_id = :id AND phase = 'open' AND size > 0)
    """
)
_NO_REBUILD = "NOT EXISTS (SELECT 1 FROM control WHERE rebuilding)"
_DUE = text(
    f"""
    SELECT m.body, w.timezone, w.phase,
        CASE w.phase WHEN 'pending' THEN w.opens_at ELSE w.closes_at END
    FROM wave w JOIN mailing m ON m.id = w.mailing_id
    WHERE m.state <> 'paused' AND {_NO_REBUILD} AND (
        (w.phase = 'pending' AND w.opens_at <= :now) OR (w.phase = 'open' AND w.closes_at <= :now)
    )
    ORDER BY w.opens_at LIMIT :limit
    """  # noqa: S608 - a constant of this module
)
_MOVE = text(
    """
    UPDATE wave w SET
        phase = s.phase, opens_at = s.opens_at, closes_at = s.closes_at,
        rest = s.rest, reason = s.reason,
        seq = w.seq + CASE WHEN
            (w.opens_at, w.closes_at, w.rest) IS DISTINCT FROM (s.opens_at, s.closes_at, s.rest)
            THEN 1 ELSE 0 END
    FROM unnest(
        CAST(:zones AS text[]), CAST(:phases AS text[]),
        CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]),
        CAST(:rests AS text[]), CAST(:reasons AS text[])
    ) AS s (zone, phase, opens_at, closes_at, rest, reason)
    WHERE w.mailing_id = :mailing AND w.timezone = s.zone AND w.phase IN ('pending', 'open')
    """
)
# A zone in which nobody matches is planned, in case somebody comes to, but not spoken of.
_UNTOLD_WAVES = text(
    """
    SELECT m.id, m.revision, w.timezone, w.seq, w.size, w.opens_at, w.closes_at, w.rest, w.reason
    FROM wave w JOIN mailing m ON m.id = w.mailing_id
    WHERE w.seq > w.announced_seq AND (w.size > 0 OR w.announced_seq > 0)
    ORDER BY m.id, w.timezone
    """
)
_WAVES_TOLD = text(
    """
    UPDATE wave w SET announced_seq = s.seq
    FROM unnest(CAST(:zones AS text[]), CAST(:seqs AS integer[])) AS s (zone, seq)
    WHERE w.mailing_id = :mailing AND w.timezone = s.zone AND w.announced_seq < s.seq
    """
)
_UNTOLD_ENDS = text(
    """
    SELECT m.id, m.revision, coalesce(sum(w.rows), 0)
    FROM mailing m LEFT JOIN wave w ON w.mailing_id = m.id
    WHERE m.emitted_revision < m.revision AND m.state <> 'paused'
        AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.mailing_id = m.id)
        AND NOT EXISTS (
            SELECT 1 FROM wave o WHERE o.mailing_id = m.id AND o.phase <> 'ended'
        )
    GROUP BY m.id
    """
)
_NEXT_INSTANT = text(
    f"""
    SELECT least(
        (SELECT min(w.opens_at) FROM wave w JOIN mailing m ON m.id = w.mailing_id
         WHERE w.phase = 'pending' AND m.state <> 'paused' AND {_NO_REBUILD}),
        (SELECT min(w.closes_at) FROM wave w JOIN mailing m ON m.id = w.mailing_id
         WHERE w.phase = 'open' AND m.state <> 'paused'),
        (SELECT min(h.due_at) FROM message h JOIN mailing m ON m.id = h.mailing_id
         WHERE h.state = 'held' AND h.due_at > :now AND m.state <> 'paused')
    )
    """  # noqa: S608 - a constant of this module
)


class PostgresPlans:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def revision(self, mailing_id: int) -> int:
        query = text("SELECT revision FROM mailing WHERE id = :id")
        async with self._engine.connect() as connection:
            return await connection.scalar(query, {"id": mailing_id}) or 0

    async def save(self, mailing: MailingChanged, waves: Sequence[PlannedWave]) -> None:
        row = {
            "id": mailing.mailing_id,
            "revision": mailing.revision,
            "state": mailing.state,
            "body": mailing.encode().decode(),
        }
        async with self._engine.begin() as connection:
            if await connection.scalar(_SAVE_MAILING, row) is None:
                return
            await put_waves(connection, mailing.mailing_id, waves)
            await connection.execute(_RECONSIDER_HELD, {"id": mailing.mailing_id})

    async def growing(self) -> list[MailingChanged]:
        query = (
            "SELECT body FROM mailing WHERE state <> 'cancelled' AND emitted_revision < revision"
        )
        async with self._engine.connect() as connection:
            return [mailing_of(body) for body in await connection.scalars(text(query))]

    async def due(self, now: datetime, limit: int) -> list[DueWave]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(_DUE, {"now": now, "limit": limit})
            return [
                DueWave(mailing_of(body), zone, Phase(phase), due_at)
                for body, zone, phase, due_at in rows
            ]

    async def move(
        self, mailing: MailingChanged, standings: Mapping[str, Standing], now: datetime
    ) -> None:
        columns = standing_columns(list(standings.values()))
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, mailing):
                return
            key = {"mailing": mailing.mailing_id, "zones": list(standings)}
            await connection.execute(_MOVE, key | columns)
            await _start(connection, mailing.mailing_id, now)

    async def unannounced_waves(self) -> list[WavesPlanned]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_UNTOLD_WAVES)).all()
        return [
            WavesPlanned(
                mailing_id=mailing_id,
                revision=revision,
                waves=tuple(
                    WaveState(
                        timezone=row.timezone,
                        seq=row.seq,
                        size=row.size,
                        opens_at=row.opens_at,
                        closes_at=row.closes_at,
                        rest=row.rest,
                        reason=row.reason,
                    )
                    for row in group
                ),
            )
            for (mailing_id, revision), group in groupby(rows, lambda r: (r.id, r.revision))
        ]

    async def waves_announced(self, waves: WavesPlanned) -> None:
        await self._mark(
            _WAVES_TOLD,
            mailing=waves.mailing_id,
            zones=[wave.timezone for wave in waves.waves],
            seqs=[wave.seq for wave in waves.waves],
        )

    async def unannounced_starts(self) -> list[MailingStarted]:
        query = (
            "SELECT id, revision, started_at FROM mailing"
            " WHERE started_at IS NOT NULL AND NOT start_announced"
        )
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(query))
            return [MailingStarted(mailing_id=i, revision=r, at=at) for i, r, at in rows]

    async def start_announced(self, started: MailingStarted) -> None:
        query = text("UPDATE mailing SET start_announced = true WHERE id = :id")
        await self._mark(query, id=started.mailing_id)

    async def unannounced_ends(self) -> list[MailingEmitted]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(_UNTOLD_ENDS)
            return [
                MailingEmitted(mailing_id=i, revision=revision, messages=int(messages))
                for i, revision, messages in rows
            ]

    async def end_announced(self, emitted: MailingEmitted) -> None:
        query = text("UPDATE mailing SET emitted_revision = :revision WHERE id = :id")
        await self._mark(query, id=emitted.mailing_id, revision=emitted.revision)

    async def next_instant(self, now: datetime) -> datetime | None:
        async with self._engine.connect() as connection:
            instant: datetime | None = await connection.scalar(_NEXT_INSTANT, {"now": now})
            return instant

    async def keep_waves_shut(self, shut: bool) -> None:
        await self._mark(text("UPDATE control SET rebuilding = :shut"), shut=shut)

    async def _mark(self, statement: TextClause, **parameters: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(statement, parameters)


async def _start(connection: AsyncConnection, mailing_id: int, now: datetime) -> None:
    await connection.execute(_START, {"id": mailing_id, "now": now})
