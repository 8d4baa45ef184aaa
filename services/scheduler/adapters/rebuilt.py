"""The plan made anew, in PostgreSQL. Nothing is emitted meanwhile (``control.rebuilding``)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters.messages_sql import INSERT_BATCH
from services.scheduler.adapters.rows import mailing_of, standing_columns
from services.scheduler.domain.rebuilt import TEXT_LOST, TEXT_LOST_SENTENCE, RebuiltRow
from services.scheduler.domain.replanned import Replanned, Taken
from services.scheduler.domain.revisions import is_frozen
from shared.contracts.mailings import MailingChanged

_ROWS = """
    unnest(
        CAST(:ids AS bigint[]), CAST(:mailings AS bigint[]), CAST(:clients AS bigint[]),
        CAST(:zones AS text[]), CAST(:dispatches AS integer[]), CAST(:states AS text[]),
        CAST(:ends AS text[]), CAST(:reasons AS text[]), CAST(:details AS text[]),
        CAST(:returned AS timestamptz[]), CAST(:mailing_revisions AS bigint[]),
        CAST(:client_revisions AS bigint[])
    ) AS s (id, mailing_id, client_id, timezone, dispatch, state, ended_as, reason, detail,
            returned_at, mailing_revision, client_revision)
"""
# Whoever has another message in the mailing keeps that: the senders' ends come before returns.
_INSERT = text(
    f"""
    INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state, ended_as, reason,
        detail, returned_at, due_at, until_mailing_revision, until_client_revision)
    SELECT id, mailing_id, client_id, timezone, dispatch, state, ended_as, reason, detail,
        returned_at, CASE state WHEN 'held' THEN CAST(:now AS timestamptz) END,
        mailing_revision, client_revision
    FROM {_ROWS} ON CONFLICT DO NOTHING RETURNING id
    """  # noqa: S608 - a constant of this module
)
# A copy of an older time is behind the ledger.
_ADVANCE = text(
    f"""
    UPDATE message m SET
        dispatch = s.dispatch, state = s.state, ended_as = s.ended_as, reason = s.reason,
        detail = s.detail, returned_at = s.returned_at, told_at = NULL,
        due_at = CASE s.state WHEN 'held' THEN CAST(:now AS timestamptz) END,
        until_mailing_revision = s.mailing_revision, until_client_revision = s.client_revision
    FROM {_ROWS} WHERE m.id = s.id AND m.dispatch < s.dispatch RETURNING m.id
    """  # noqa: S608 - a constant of this module
)
_SAVE = text(
    """
    INSERT INTO mailing AS m (id, revision, state, body, swept)
    VALUES (:id, :revision, :state, :body, :swept)
    ON CONFLICT (id) DO UPDATE SET
        revision = greatest(m.revision, excluded.revision),
        state = CASE WHEN m.revision > excluded.revision THEN m.state ELSE excluded.state END,
        body = CASE WHEN m.revision > excluded.revision THEN m.body ELSE excluded.body END,
        swept = excluded.swept
    RETURNING body
    """
)
_TAKEN = text(
    """
    SELECT timezone, count(*) AS rows, max(id) AS newest
    FROM message WHERE mailing_id = :mailing GROUP BY timezone
    """
)
_MEMBERS = text("SELECT EXISTS (SELECT FROM frozen WHERE mailing_id = :mailing)")
_JOIN_FROZEN = text(
    """
    INSERT INTO frozen (mailing_id, client_id, timezone)
    SELECT mailing_id, client_id, timezone FROM message WHERE mailing_id = :mailing
    ON CONFLICT DO NOTHING
    """
)
_PUT = text(
    """
    INSERT INTO wave AS w (mailing_id, timezone, phase, size, rows, begun_at, opens_at, closes_at,
        rest, reason, begin_by, seq)
    SELECT :mailing, *, :seq FROM unnest(
        CAST(:zones AS text[]), CAST(:phases AS text[]), CAST(:sizes AS bigint[]),
        CAST(:rows AS bigint[]), CAST(:begun AS timestamptz[]),
        CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]),
        CAST(:rests AS text[]), CAST(:reasons AS text[]), CAST(:begin_bys AS timestamptz[])
    )
    ON CONFLICT (mailing_id, timezone) DO UPDATE SET
        phase = excluded.phase, size = excluded.size, rows = excluded.rows, cursor = 0,
        begun_at = excluded.begun_at, opens_at = excluded.opens_at, closes_at = excluded.closes_at,
        rest = excluded.rest, reason = excluded.reason, begin_by = excluded.begin_by,
        seq = greatest(w.seq + 1, excluded.seq)
    """
)
# Its waves have ended, in every zone there is: a change of the mailing sends to nobody who has
# come since.
_PUT_PAST = text(
    """
    INSERT INTO wave (mailing_id, timezone, phase, size, rows, rest, seq, announced_seq)
    SELECT :mailing, name, 'ended', coalesce(n, 0), coalesce(n, 0), 'waiting', :seq, :seq
    FROM zone FULL JOIN (
        SELECT timezone AS name, count(*) AS n FROM message WHERE mailing_id = :mailing GROUP BY 1
    ) AS taken USING (name)
    ON CONFLICT DO NOTHING
    """
)
_END_PAST = text(
    """
    INSERT INTO mailing (id, revision, state, body, emitted_revision, finished_revision)
    VALUES (:id, :revision, :state, :body, :revision, :revision)
    ON CONFLICT DO NOTHING RETURNING id
    """
)

Plan = Callable[[MailingChanged, Mapping[str, Taken]], Sequence[Replanned]]


class PostgresRebuilt:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def put_rows(self, rows: Sequence[RebuiltRow], now: datetime) -> int:
        columns = _columns(rows) | {"now": now}
        async with self._engine.begin() as connection:
            written = set(await connection.scalars(_INSERT, columns))
            written |= set(await connection.scalars(_ADVANCE, columns))
            await _tell(connection, [r for r in rows if r.told and r.message_id in written], now)
        return len(written)

    async def has_members(self, mailing_id: int) -> bool:
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(_MEMBERS, {"mailing": mailing_id}))

    async def join_frozen(self, mailing_id: int) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(_JOIN_FROZEN, {"mailing": mailing_id})

    async def put_plan(self, mailing: MailingChanged, plan: Plan, seq: int) -> None:
        async with self._engine.begin() as connection:
            row = _mailing(mailing) | {"swept": not is_frozen(mailing.spec)}
            # From here on nobody takes the mailing's returned messages in.
            newest = mailing_of(str(await connection.scalar(_SAVE, row)))
            key = {"mailing": mailing.mailing_id}
            taken = {
                zone: Taken(rows, last)
                for zone, rows, last in await connection.execute(_TAKEN, key)
            }
            waves = plan(newest, taken)
            await connection.execute(_PUT, key | {"seq": seq} | _waves(waves))

    async def put_past(self, mailing: MailingChanged, seq: int) -> None:
        key = {"mailing": mailing.mailing_id, "seq": seq}
        async with self._engine.begin() as connection:
            if await connection.scalar(_END_PAST, _mailing(mailing)) is not None:
                await connection.execute(_PUT_PAST, key)


async def _tell(connection: AsyncConnection, rows: Sequence[RebuiltRow], now: datetime) -> None:
    """A batch is published by whoever leads."""
    by_mailing: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_mailing[row.mailing_id].append(row.message_id)
    for mailing_id, ids in by_mailing.items():
        batch = {
            "mailing": mailing_id,
            "revision": None,
            "kind": "unknown",
            "reason": TEXT_LOST,
            "detail": TEXT_LOST_SENTENCE,
            "ids": ids,
            "revisions": [None] * len(ids),
            "now": now,
            "ends_at": None,
        }
        await connection.execute(INSERT_BATCH, batch)


def _mailing(mailing: MailingChanged) -> dict[str, Any]:
    return {
        "id": mailing.mailing_id,
        "revision": mailing.revision,
        "state": mailing.state,
        "body": mailing.encode().decode(),
    }


def _columns(rows: Sequence[RebuiltRow]) -> dict[str, list[Any]]:
    return {
        "ids": [row.message_id for row in rows],
        "mailings": [row.mailing_id for row in rows],
        "clients": [row.client_id for row in rows],
        "zones": [row.timezone for row in rows],
        "dispatches": [row.dispatch for row in rows],
        "states": [row.state for row in rows],
        "ends": [row.ended_as for row in rows],
        "reasons": [row.reason for row in rows],
        "details": [row.detail for row in rows],
        "returned": [row.returned_at for row in rows],
        "mailing_revisions": [row.until_mailing_revision for row in rows],
        "client_revisions": [row.until_client_revision for row in rows],
    }


def _waves(waves: Sequence[Replanned]) -> dict[str, list[Any]]:
    return {
        "zones": [wave.zone for wave in waves],
        "sizes": [wave.size for wave in waves],
        "rows": [wave.rows for wave in waves],
        "begun": [wave.begun_at for wave in waves],
        **standing_columns([wave.standing for wave in waves]),
    }
