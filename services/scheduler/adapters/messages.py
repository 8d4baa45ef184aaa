"""Messages and unpublished batches, in PostgreSQL."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters import messages_sql as sql
from services.scheduler.adapters.picking import pick
from services.scheduler.adapters.rows import (
    ends_at_of,
    ends_at_written,
    holds_revision,
    mailing_of,
    recipient_of,
)
from services.scheduler.domain.replays import within
from services.scheduler.domain.returned import Client
from services.scheduler.domain.turns import Advance, OpenWave, Picked
from services.scheduler.domain.waves import Phase
from services.scheduler.domain.wording import is_plain
from services.scheduler.ports import Batch, BatchKind, Fate, Held, Member
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.domain.message_id import MessageIds
from shared.runtime.database import for_single_statements

# What a row says once its batch is written.
_STATE: dict[BatchKind, str] = {
    "queued": "queued",
    "planned": "held",
    "expired": "ended",
    "suppressed": "ended",
    "cancelled": "ended",
    "unknown": "ended",
    "sent": "ended",
    "failed": "ended",
}


class PostgresMessages:
    def __init__(self, engine: AsyncEngine, ids: MessageIds) -> None:
        self._engine = engine
        self._single = for_single_statements(engine)
        self._ids = ids

    async def mailings_in(self, phase: Phase) -> list[MailingChanged]:
        async with self._single.connect() as connection:
            return [mailing_of(b) for b in await connection.scalars(sql.MAILINGS_IN[phase])]

    async def holding(self, now: datetime) -> list[Held]:
        async with self._single.connect() as connection:
            if await connection.scalar(sql.ONE_HELD) is None:
                return []
            rows = await connection.execute(sql.HOLDING, {"now": now})
            return [_held(body, ends_at) for body, ends_at in rows]

    async def waves_in(self, mailing_id: int, phase: Phase, now: datetime) -> list[OpenWave]:
        key = {"mailing": mailing_id, "phase": phase.value, "now": now}
        async with self._single.connect() as connection:
            return [OpenWave(*row) for row in await connection.execute(sql.WAVES_IN, key)]

    async def pick(
        self, mailing: MailingChanged, waves: Sequence[OpenWave], limit: int
    ) -> list[Picked]:
        async with self._engine.connect() as connection:
            return await pick(connection, mailing, waves, limit)

    async def write(
        self,
        mailing: MailingChanged,
        phase: Phase,
        fates: Mapping[Fate, Sequence[Picked]],
        done: Sequence[Advance],
        now: datetime,
    ) -> list[Batch]:
        candidates = {fate: self._new_members(picked, now) for fate, picked in fates.items()}
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, mailing):
                return []
            born = {
                fate: await _insert(connection, mailing, fate, members, now)
                for fate, members in candidates.items()
            }
            everybody = [member for members in born.values() for member in members]
            if not await _advance(connection, mailing, phase, done, everybody):
                await connection.rollback()
                return []
            return [
                await _open_batch(connection, Held(mailing), fate, members, now)
                for fate, members in born.items()
                if members
            ]

    def _new_members(self, picked: Sequence[Picked], now: datetime) -> list[Member]:
        ids = self._ids.take(len(picked), int(now.timestamp() * 1000))
        # One for each zone, not for each member: picking has asked all that is to be known.
        someone = {zone: Client(False, zone, "", ()) for zone in {p.zone for p in picked}}
        return [
            Member(
                message_id=message_id,
                client_id=p.client_id,
                client_revision=p.client_revision,
                address=p.address,
                zone=p.zone,
                dispatch=1,
                client=someone[p.zone],
                text=p.text,
            )
            for message_id, p in zip(ids, picked, strict=True)
        ]

    async def unpublished(
        self, now: datetime, written_before: datetime | None = None
    ) -> list[Batch]:
        before = {"before": written_before}
        async with self._engine.begin() as connection:
            await connection.execute(sql.TAKE_BACK_CHANGED, {"now": now} | before)
            rows = (await connection.execute(sql.UNPUBLISHED, before)).all()
            return [await read_batch(connection, row) for row in rows]

    async def published(self, batch: Batch) -> None:
        async with self._single.connect() as connection:
            await connection.execute(text("DELETE FROM batch WHERE id = :id"), {"id": batch.id})

    async def take_back(self, batch: Batch, members: Sequence[Member], now: datetime) -> None:
        ids = [member.message_id for member in members]
        row = {"ids": ids, "now": now, "written_at": batch.written_at}
        async with self._engine.begin() as connection:
            await connection.execute(sql.TAKE_BACK, row)

    async def hold(self, returned: DeliveryEvents, due_at: Sequence[datetime]) -> None:
        uncertain = [event for event in returned.events if event.uncertain]
        async with self._engine.begin() as connection:
            if uncertain:
                await connection.execute(sql.KEEP_TEXTS, _texts(returned, uncertain))
            await connection.execute(sql.HOLD, _returns(returned.events, due_at))

    async def members(self, held: Held, now: datetime, limit: int) -> list[Member]:
        plain = is_plain(held.mailing.spec.text)
        query = sql.HELD if plain else sql.HELD_RECIPIENTS
        own = ends_at_written(held.ends_at)
        key = {"mailing": held.mailing.mailing_id, "ends_at": own}
        parameters = key | {"now": now, "limit": limit}
        async with self._single.connect() as connection:
            return [_member(row, plain) for row in await connection.execute(query, parameters)]

    async def emit_again(
        self,
        held: Held,
        fate: Fate,
        members: Sequence[Member],
        due_at: datetime | None,
        now: datetime,
    ) -> Batch | None:
        row = {
            "ids": [member.message_id for member in members],
            "due_at": due_at,
            "now": now,
            **_standing(fate),
        }
        async with self._engine.begin() as connection:
            if not await holds_revision(connection, held.mailing):
                return None
            ids = set(await connection.scalars(sql.EMIT_AGAIN, row))
            moved = [member for member in members if member.message_id in ids]
            return await _open_batch(connection, held, fate, moved, now) if moved else None


async def _insert(
    connection: AsyncConnection,
    mailing: MailingChanged,
    fate: Fate,
    candidates: Sequence[Member],
    now: datetime,
) -> list[Member]:
    """Writes those who have no row in this mailing yet, and returns them."""
    parameters = {
        "mailing": mailing.mailing_id,
        "ids": [member.message_id for member in candidates],
        "clients": [member.client_id for member in candidates],
        "zones": [member.zone for member in candidates],
        "now": now,
        **_standing(fate),
    }
    born = set(await connection.scalars(sql.INSERT_MESSAGES, parameters))
    return [member for member in candidates if member.message_id in born]


def _standing(fate: Fate) -> dict[str, str | None]:
    """A message's own row: it remembers why it was ended, which a change may undo."""
    state = _STATE[fate.kind]
    if state != "ended":
        return {"state": state, "ended_as": None, "reason": None, "detail": None}
    return {"state": state, "ended_as": fate.kind, "reason": fate.reason, "detail": fate.detail}


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
    connection: AsyncConnection, held: Held, fate: Fate, members: Sequence[Member], now: datetime
) -> Batch:
    parameters = {
        "mailing": held.mailing.mailing_id,
        "revision": held.mailing.revision,
        "kind": fate.kind,
        "reason": fate.reason,
        "detail": fate.detail,
        "ids": [member.message_id for member in members],
        "revisions": [member.client_revision for member in members],
        "now": now,
        "ends_at": ends_at_written(held.ends_at),
    }
    batch_id = int(await connection.scalar(sql.INSERT_BATCH, parameters) or 0)
    return Batch(batch_id, held.mailing, fate, members, now)


async def read_batch(connection: AsyncConnection, row: Row[Any]) -> Batch:
    """As it was written: whoever has moved on since is no member any more."""
    mailing = _held(row.body, row.ends_at).mailing
    fate = Fate(row.kind, row.reason, row.detail)
    plain = is_plain(mailing.spec.text)
    query = sql.MEMBERS if plain else sql.RECIPIENTS
    members = await connection.execute(query, {"batch": row.id, "state": _STATE[fate.kind]})
    return Batch(row.id, mailing, fate, [_member(each, plain) for each in members], row.written_at)


def _held(body: str, own: str | None) -> Held:
    ends_at = ends_at_of(own)
    return Held(within(mailing_of(body), ends_at), ends_at)


def _member(row: Row[Any], plain: bool) -> Member:
    return Member(
        message_id=row.id,
        client_id=row.client_id,
        client_revision=row.revision,
        address=row.address,
        zone=row.wave,
        dispatch=row.dispatch,
        client=Client(row.deleted, row.timezone, row.operator_code, row.tags, row.blocked),
        recipient=None if plain else recipient_of(row, row.timezone),
        text=row.text,
        text_revision=row.text_revision,
        text_sha256=row.text_sha256,
        returned_at=row.returned_at,
    )


def _returns(events: Sequence[DeliveryEvent], due_at: Sequence[datetime]) -> dict[str, list[Any]]:
    return {
        "ids": [event.message_id for event in events],
        "dispatches": [event.dispatch for event in events],
        "dues": list(due_at),
        "returned": [event.at for event in events],
        "mailing_revisions": [event.mailing_revision for event in events],
        "client_revisions": [event.client_revision for event in events],
    }


def _texts(returned: DeliveryEvents, uncertain: Sequence[DeliveryEvent]) -> dict[str, list[Any]]:
    grounds = returned.grounds
    return {
        "ids": [event.message_id for event in uncertain],
        "texts": [event.text for event in uncertain],
        "revisions": [
            None if event.grounds is None else grounds[event.grounds].text_revision
            for event in uncertain
        ],
    }
