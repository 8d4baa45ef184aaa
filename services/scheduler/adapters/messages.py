"""Messages and unpublished batches, in PostgreSQL. Set by set, never one by one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters.directory import MATCHES, filter_parameters
from services.scheduler.adapters.rows import holds_revision, mailing_of
from services.scheduler.domain.returned import Client
from services.scheduler.domain.turns import Advance, OpenWave, Picked
from services.scheduler.domain.waves import Phase
from services.scheduler.ports import Batch, BatchKind, Member
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.mailings import MailingChanged
from shared.domain.message_id import MessageIds

_MAILINGS_IN = text(
    """
    SELECT body FROM mailing m
    WHERE m.state <> 'paused' AND m.emitted_revision < m.revision
        AND EXISTS (SELECT 1 FROM wave w WHERE w.mailing_id = m.id AND w.phase = :phase)
    ORDER BY m.id
    """
)
_WAVES_IN = text(
    """
    SELECT timezone, cursor, size - rows, closes_at, reason FROM wave
    WHERE mailing_id = :mailing AND phase = :phase
    ORDER BY closes_at, timezone LIMIT 500
    """
)
_PICK = text(
    f"""
    SELECT w.zone, c.id, c.revision, c.phone
    FROM unnest(CAST(:zones AS text[]), CAST(:cursors AS bigint[]))
        WITH ORDINALITY AS w (zone, cursor, turn)
    CROSS JOIN LATERAL (
        SELECT c.id, c.revision, c.phone FROM client c
        WHERE c.timezone = w.zone AND NOT c.deleted AND c.id > w.cursor AND {MATCHES}
        ORDER BY c.id LIMIT :limit
    ) AS c
    ORDER BY w.turn, c.id LIMIT :limit
    """  # noqa: S608 - a constant of another module
)
_INSERT_MESSAGES = text(
    """
    INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state)
    SELECT id, :mailing, client_id, zone, 1, :state
    FROM unnest(CAST(:ids AS bigint[]), CAST(:clients AS bigint[]), CAST(:zones AS text[]))
        AS s (id, client_id, zone)
    ON CONFLICT (mailing_id, client_id) DO NOTHING RETURNING id
    """
)
_ADVANCE_WAVES = text(
    """
    UPDATE wave w SET
        cursor = s.cursor, rows = w.rows + s.added,
        phase = CASE WHEN s.ended THEN 'ended' ELSE w.phase END,
        size = CASE WHEN s.ended THEN w.rows + s.added ELSE w.size END,
        seq = w.seq + CASE WHEN s.ended AND w.size <> w.rows + s.added THEN 1 ELSE 0 END
    FROM unnest(
        CAST(:zones AS text[]), CAST(:cursors AS bigint[]),
        CAST(:added AS bigint[]), CAST(:ended AS boolean[])
    ) AS s (zone, cursor, added, ended)
    WHERE w.mailing_id = :mailing AND w.timezone = s.zone AND w.phase = :phase
    RETURNING w.timezone
    """
)
_INSERT_BATCH = text(
    """
    INSERT INTO batch (mailing_id, kind, reason, message_ids)
    VALUES (:mailing, :kind, :reason, CAST(:ids AS bigint[])) RETURNING id
    """
)
# A client who was deleted before their batch went out is nobody to send to: the message goes the
# way of those that came back.
_HOLD_DELETED = text(
    """
    UPDATE message m SET state = 'held', due_at = now(), dispatch = m.dispatch + 1
    FROM batch b, client c
    WHERE b.kind = 'queued' AND m.id = ANY (b.message_ids) AND m.state = 'queued'
        AND c.id = m.client_id AND c.deleted
    """
)
_MEMBERS = """
    m.id, m.client_id, m.timezone, m.dispatch,
    c.revision, c.phone, c.deleted, c.timezone AS zone, c.operator_code, c.tags
"""
_UNPUBLISHED = text(
    f"""
    SELECT b.id AS batch_id, g.body, b.kind, b.reason, {_MEMBERS}
    FROM batch b JOIN mailing g ON g.id = b.mailing_id
        JOIN message m ON m.id = ANY (b.message_ids) JOIN client c ON c.id = m.client_id
    WHERE b.kind <> 'queued' OR m.state = 'queued'
    ORDER BY b.id, m.id
    """  # noqa: S608 - a constant of this module
)
_HOLD = text(
    """
    UPDATE message m SET
        state = 'held', due_at = s.due_at, dispatch = s.dispatch + 1,
        until_mailing_revision = s.mailing_revision, until_client_revision = s.client_revision
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:dispatches AS integer[]), CAST(:dues AS timestamptz[]),
        CAST(:mailing_revisions AS bigint[]), CAST(:client_revisions AS bigint[])
    ) AS s (id, dispatch, due_at, mailing_revision, client_revision)
    WHERE m.id = s.id AND m.dispatch = s.dispatch AND m.state = 'queued'
    """
)
_HELD = text(
    f"""
    SELECT g.id AS mailing, g.body, {_MEMBERS}
    FROM message m JOIN mailing g ON g.id = m.mailing_id JOIN client c ON c.id = m.client_id
    WHERE m.state = 'held' AND m.due_at <= :now AND g.state <> 'paused'
        AND coalesce(m.until_mailing_revision, 0) <= g.revision
        AND coalesce(m.until_client_revision, 0) <= c.revision
    ORDER BY m.due_at LIMIT :limit
    """  # noqa: S608 - a constant of this module
)
_EMIT_AGAIN = text(
    """
    UPDATE message SET state = :state, due_at = :due_at,
        until_mailing_revision = NULL, until_client_revision = NULL
    WHERE id = ANY (CAST(:ids AS bigint[])) AND state = 'held' RETURNING id
    """
)

# What a row says once its batch is written.
_STATE: dict[BatchKind, str] = {
    "queued": "queued",
    "planned": "held",
    "expired": "ended",
    "cancelled": "ended",
}


class PostgresMessages:
    def __init__(self, engine: AsyncEngine, ids: MessageIds) -> None:
        self._engine = engine
        self._ids = ids

    async def mailings_in(self, phase: Phase) -> list[MailingChanged]:
        async with self._engine.connect() as connection:
            bodies = await connection.scalars(_MAILINGS_IN, {"phase": phase.value})
            mailings = [mailing_of(body) for body in bodies]
        return sorted(mailings, key=lambda m: m.spec.priority != "urgent")

    async def waves_in(self, mailing_id: int, phase: Phase) -> list[OpenWave]:
        key = {"mailing": mailing_id, "phase": phase.value}
        async with self._engine.connect() as connection:
            return [OpenWave(*row) for row in await connection.execute(_WAVES_IN, key)]

    async def pick(
        self, mailing: MailingChanged, waves: Sequence[OpenWave], limit: int
    ) -> list[Picked]:
        parameters = {
            "zones": [wave.zone for wave in waves],
            "cursors": [wave.cursor for wave in waves],
            "limit": limit,
            **filter_parameters(mailing.spec.filter),
        }
        async with self._engine.connect() as connection:
            return [Picked(*row) for row in await connection.execute(_PICK, parameters)]

    async def write(
        self,
        mailing: MailingChanged,
        kind: BatchKind,
        reason: str | None,
        picked: Sequence[Picked],
        done: Sequence[Advance],
        now: datetime,
    ) -> Batch | None:
        candidates = self._new_members(picked, now)
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, mailing):
                return None
            born = await _insert(connection, mailing, kind, candidates)
            phase = Phase.OPEN if kind == "queued" else Phase.SETTLING
            if not await _advance(connection, mailing, phase, done, born):
                await connection.rollback()
                return None
            return await _open_batch(connection, mailing, kind, reason, born)

    def _new_members(self, picked: Sequence[Picked], now: datetime) -> list[Member]:
        ids = self._ids.take(len(picked), int(now.timestamp() * 1000))
        return [
            Member(
                message_id=message_id,
                client_id=p.client_id,
                client_revision=p.client_revision,
                address=p.address,
                zone=p.zone,
                dispatch=1,
                client=Client(False, p.zone, "", ()),
            )
            for message_id, p in zip(ids, picked, strict=True)
        ]

    async def unpublished(self) -> list[Batch]:
        async with self._engine.begin() as connection:
            await connection.execute(_HOLD_DELETED)
            rows = (await connection.execute(_UNPUBLISHED)).all()
        return [
            Batch(batch_id, mailing_of(body), kind, reason, [_member(row) for row in group])
            for (batch_id, body, kind, reason), group in groupby(
                rows, lambda r: (r.batch_id, r.body, r.kind, r.reason)
            )
        ]

    async def published(self, batch: Batch) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM batch WHERE id = :id"), {"id": batch.id})

    async def hold(self, events: Sequence[DeliveryEvent], due_at: Sequence[datetime]) -> None:
        parameters = {
            "ids": [event.message_id for event in events],
            "dispatches": [event.dispatch for event in events],
            "dues": list(due_at),
            "mailing_revisions": [event.mailing_revision for event in events],
            "client_revisions": [event.client_revision for event in events],
        }
        async with self._engine.begin() as connection:
            await connection.execute(_HOLD, parameters)

    async def held(self, now: datetime, limit: int) -> list[tuple[MailingChanged, list[Member]]]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_HELD, {"now": now, "limit": limit})).all()
        in_order = sorted(rows, key=lambda r: r.mailing)
        return [
            (mailing_of(body), [_member(row) for row in group])
            for (_, body), group in groupby(in_order, lambda r: (r.mailing, r.body))
        ]

    async def emit_again(
        self,
        mailing: MailingChanged,
        kind: BatchKind,
        reason: str | None,
        held: Sequence[Member],
        due_at: datetime | None,
    ) -> Batch | None:
        ids = [message.message_id for message in held]
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, mailing):
                return None
            row = {"state": _STATE[kind], "due_at": due_at, "ids": ids}
            moved = set(await connection.scalars(_EMIT_AGAIN, row))
            members = [message for message in held if message.message_id in moved]
            return await _open_batch(connection, mailing, kind, reason, members)


async def _insert(
    connection: AsyncConnection,
    mailing: MailingChanged,
    kind: BatchKind,
    candidates: Sequence[Member],
) -> list[Member]:
    """Writes those who have no row in this mailing yet, and returns them."""
    parameters = {
        "mailing": mailing.mailing_id,
        "state": _STATE[kind],
        "ids": [member.message_id for member in candidates],
        "clients": [member.client_id for member in candidates],
        "zones": [member.zone for member in candidates],
    }
    born = set(await connection.scalars(_INSERT_MESSAGES, parameters))
    return [member for member in candidates if member.message_id in born]


async def _advance(
    connection: AsyncConnection,
    mailing: MailingChanged,
    phase: Phase,
    done: Sequence[Advance],
    born: Iterable[Member],
) -> bool:
    """Whether every wave was still in ``phase``: one that closed meanwhile is not taken from."""
    added = Counter(member.zone for member in born)
    parameters = {
        "mailing": mailing.mailing_id,
        "phase": phase.value,
        "zones": [advance.zone for advance in done],
        "cursors": [advance.cursor for advance in done],
        "added": [added[advance.zone] for advance in done],
        "ended": [advance.ended for advance in done],
    }
    moved = (await connection.execute(_ADVANCE_WAVES, parameters)).all()
    return len(moved) == len(done)


async def _open_batch(
    connection: AsyncConnection,
    mailing: MailingChanged,
    kind: BatchKind,
    reason: str | None,
    members: Sequence[Member],
) -> Batch | None:
    if not members:
        return None
    parameters = {
        "mailing": mailing.mailing_id,
        "kind": kind,
        "reason": reason,
        "ids": [member.message_id for member in members],
    }
    batch_id = await connection.scalar(_INSERT_BATCH, parameters)
    return Batch(batch_id, mailing, kind, reason, members)


def _member(row: Row[tuple[object, ...]]) -> Member:
    return Member(
        message_id=row.id,
        client_id=row.client_id,
        client_revision=row.revision,
        address=row.phone,
        zone=row.timezone,
        dispatch=row.dispatch,
        client=Client(row.deleted, row.zone, row.operator_code, row.tags),
    )
