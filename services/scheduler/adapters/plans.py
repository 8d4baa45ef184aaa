"""Mailings and waves, in PostgreSQL."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters import plans_sql as sql
from services.scheduler.adapters.rows import (
    holds_revision,
    mailing_of,
    put_waves,
    standing_columns,
)
from services.scheduler.domain.revisions import KeptWave, is_frozen
from services.scheduler.domain.waves import Phase, Standing
from services.scheduler.ports import DueWave, MakePlan
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import MailingEmitted, MailingStarted, WavesPlanned
from shared.runtime.database import for_single_statements

# Each may have hundreds of waves to tell of, of a kilobyte each while they are at hand.
MAILINGS_AT_ONCE = 10


class PostgresPlans:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._single = for_single_statements(engine)

    async def known(self, mailing_id: int) -> MailingChanged | None:
        query = text("SELECT body FROM mailing WHERE id = :id")
        async with self._single.connect() as connection:
            body = await connection.scalar(query, {"id": mailing_id})
        return None if body is None else mailing_of(body)

    async def save(
        self, mailing: MailingChanged, plan: MakePlan, revived: Collection[str], now: datetime
    ) -> None:
        key = {"id": mailing.mailing_id}
        frozen = is_frozen(mailing.spec)
        row = {
            **key,
            "revision": mailing.revision,
            "state": mailing.state,
            "body": mailing.encode().decode(),
            "swept": not frozen,
        }
        revive = {**key, "now": now, "reasons": sorted(revived), "frozen": frozen}
        async with self._engine.begin() as connection:
            # From here on nobody takes from the waves or moves them.
            tell_waves = await connection.scalar(sql.SAVE_MAILING, row)
            if tell_waves is None:
                return
            kept = {
                zone: KeptWave(Phase(phase), rest, begun_at)
                for zone, phase, rest, begun_at in await connection.execute(sql.KEPT_WAVES, key)
            }
            waves = plan(kept)
            await put_waves(connection, mailing.mailing_id, waves, told_together=tell_waves)
            if any(wave.standing.phase is Phase.OPEN for wave in waves):
                await _start(connection, mailing.mailing_id, now)
            await connection.execute(sql.RECONSIDER_HELD, key | {"now": now})
            if revived and (await connection.execute(sql.REVIVE, revive)).rowcount > 0:
                await connection.execute(sql.BROUGHT_BACK, key)

    async def waiting(self) -> list[MailingChanged]:
        async with self._single.connect() as connection:
            return [mailing_of(body) for body in await connection.scalars(sql.WAITING)]

    async def resize(self, mailing: MailingChanged, sizes: Mapping[str, int]) -> bool:
        row = {
            "mailing": mailing.mailing_id,
            "zones": list(sizes),
            "sizes": list(sizes.values()),
        }
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, mailing):
                return False
            return (await connection.execute(sql.RESIZE, row)).rowcount > 0

    async def growing(self) -> list[MailingChanged]:
        query = (
            "SELECT body FROM mailing WHERE state <> 'cancelled' AND emitted_revision < revision"
        )
        async with self._single.connect() as connection:
            return [mailing_of(body) for body in await connection.scalars(text(query))]

    async def due(self, now: datetime, limit: int) -> list[DueWave]:
        async with self._single.connect() as connection:
            rows = await connection.execute(sql.DUE, {"now": now, "limit": limit})
            return [
                DueWave(mailing_of(body), zone, Phase(phase), due_at, begun_at)
                for body, zone, phase, due_at, begun_at in rows
            ]

    async def move(
        self, mailing: MailingChanged, standings: Mapping[str, Standing], now: datetime
    ) -> None:
        columns = standing_columns(list(standings.values()))
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, mailing):
                return
            key = {"mailing": mailing.mailing_id, "zones": list(standings), "now": now}
            await connection.execute(sql.MOVE, key | columns)
            await _start(connection, mailing.mailing_id, now)

    async def unannounced_waves(self) -> AsyncIterator[WavesPlanned]:
        async with self._single.connect() as connection:
            untold = list(await connection.scalars(sql.UNTOLD_MAILINGS))
        for first in range(0, len(untold), MAILINGS_AT_ONCE):
            ids = untold[first : first + MAILINGS_AT_ONCE]
            async with self._single.connect() as connection:
                rows = (await connection.execute(sql.UNTOLD_WAVES, {"ids": ids})).all()
            for waves in waves_planned(rows):
                yield waves

    async def waves_announced(self, waves: WavesPlanned) -> None:
        key = {"mailing": waves.mailing_id}
        told = {
            "zones": [wave.timezone for wave in waves.waves],
            "seqs": [wave.seq for wave in waves.waves],
        }
        async with self._engine.begin() as connection:
            await connection.execute(sql.WAVES_TOLD, key | told)
            await connection.execute(sql.ALL_TOLD, key | {"revision": waves.revision})

    async def unannounced_starts(self) -> list[MailingStarted]:
        query = (
            "SELECT id, revision, started_at FROM mailing"
            " WHERE started_at IS NOT NULL AND NOT start_announced"
        )
        async with self._single.connect() as connection:
            rows = await connection.execute(text(query))
            return [MailingStarted(mailing_id=i, revision=r, at=at) for i, r, at in rows]

    async def start_announced(self, started: MailingStarted) -> None:
        query = text("UPDATE mailing SET start_announced = true WHERE id = :id")
        await self._mark(query, id=started.mailing_id)

    async def unannounced_ends(self) -> list[MailingEmitted]:
        async with self._single.connect() as connection:
            return mailings_emitted(await connection.execute(sql.UNTOLD_ENDS))

    async def end_announced(self, emitted: MailingEmitted) -> None:
        query = text(
            "UPDATE mailing SET emitted_revision = :revision, tell_again = false WHERE id = :id"
        )
        await self._mark(query, id=emitted.mailing_id, revision=emitted.revision)

    async def next_instant(self, now: datetime) -> datetime | None:
        async with self._single.connect() as connection:
            instant: datetime | None = await connection.scalar(sql.NEXT_INSTANT, {"now": now})
            return instant

    async def keep_waves_shut(self, shut: bool) -> None:
        await self._mark(text("UPDATE control SET rebuilding = :shut"), shut=shut)

    async def forget_everything(self) -> None:
        """But that the waves are shut."""
        async with self._engine.begin() as connection:
            await connection.execute(sql.FORGET)

    async def _mark(self, statement: TextClause, **parameters: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(statement, parameters)


_STATE = ("timezone", "seq", "size", "opens_at", "closes_at", "rest", "reason")


def waves_planned(rows: Sequence[Row[Any]]) -> list[WavesPlanned]:
    """Rows of a mailing's id and revision and a wave's state, mailing by mailing."""
    return [
        WavesPlanned.model_validate(
            {
                "mailing_id": mailing_id,
                "revision": revision,
                "waves": [dict(zip(_STATE, row[2:], strict=True)) for row in group],
            }
        )
        for (mailing_id, revision), group in groupby(rows, itemgetter(0, 1))
    ]


def mailings_emitted(rows: Iterable[Any]) -> list[MailingEmitted]:
    """Rows of a mailing's id, its revision, and all that its end takes."""
    return [
        MailingEmitted(
            mailing_id=mailing_id,
            revision=revision,
            messages=int(messages),
            dispatches=dispatches,
        )
        for mailing_id, revision, messages, dispatches in rows
    ]


async def _start(connection: AsyncConnection, mailing_id: int, now: datetime) -> None:
    await connection.execute(sql.START, {"id": mailing_id, "now": now})
