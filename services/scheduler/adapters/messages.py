"""Messages and unpublished batches, in PostgreSQL."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters import messages_sql as sql
from services.scheduler.adapters.directory import filter_parameters
from services.scheduler.adapters.rows import holds_revision, mailing_of
from services.scheduler.domain.returned import Client
from services.scheduler.domain.turns import Advance, OpenWave, Picked
from services.scheduler.domain.waves import Phase
from services.scheduler.ports import Batch, BatchKind, Member
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.mailings import MailingChanged
from shared.domain.message_id import MessageIds

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
            bodies = await connection.scalars(sql.MAILINGS_IN, {"phase": phase.value})
            mailings = [mailing_of(body) for body in bodies]
        return sorted(mailings, key=lambda m: m.spec.priority != "urgent")

    async def waves_in(self, mailing_id: int, phase: Phase) -> list[OpenWave]:
        key = {"mailing": mailing_id, "phase": phase.value}
        async with self._engine.connect() as connection:
            return [OpenWave(*row) for row in await connection.execute(sql.WAVES_IN, key)]

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
            return [Picked(*row) for row in await connection.execute(sql.PICK, parameters)]

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
            await connection.execute(sql.HOLD_DELETED)
            rows = (await connection.execute(sql.UNPUBLISHED)).all()
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
            await connection.execute(sql.HOLD, parameters)

    async def held(self, now: datetime, limit: int) -> list[tuple[MailingChanged, list[Member]]]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sql.HELD, {"now": now, "limit": limit})).all()
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
            moved = set(await connection.scalars(sql.EMIT_AGAIN, row))
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
    born = set(await connection.scalars(sql.INSERT_MESSAGES, parameters))
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
    moved = (await connection.execute(sql.ADVANCE_WAVES, parameters)).all()
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
    batch_id = await connection.scalar(sql.INSERT_BATCH, parameters)
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
