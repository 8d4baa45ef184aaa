"""Messages that are sent again or resolved, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters.messages import read_batch
from services.scheduler.adapters.messages_sql import BATCH, INSERT_BATCH
from services.scheduler.adapters.plans_sql import BROUGHT_BACK
from services.scheduler.adapters.rows import ends_at_written
from services.scheduler.domain.replays import FOUND_OUT
from services.scheduler.handlers.replaying import Moved
from services.scheduler.ports import Batch
from shared.contracts.replays import RESOLVED, MessagesReplayed, MessagesResolved

# A later dispatch is another story. Rows that were brought back from the ledger may be behind what
# the person saw.
_AS_SEEN = "m.id = s.id AND m.dispatch <= s.dispatch AND m.mailing_id = :mailing"
# What a sender has ended is still with the senders as far as we know; the rest was ended here.
# Until it is judged it keeps what it ended as. It is late for no opening that it is asked for in:
# whoever wants it sent at this hour means this hour.
_REPLAY = text(
    f"""
    UPDATE message m SET
        state = 'held', due_at = :now, dispatch = s.dispatch + 1, returned_at = :now,
        until_mailing_revision = :revision, until_client_revision = NULL,
        ended_as = CASE WHEN m.state = 'ended' THEN m.ended_as
                        WHEN s.text_sha256 IS NULL THEN 'failed' ELSE 'unknown' END,
        ends_at = :ends_at, text_sha256 = s.text_sha256
    FROM unnest(CAST(:ids AS bigint[]), CAST(:dispatches AS integer[]), CAST(:hashes AS text[]))
        AS s (id, dispatch, text_sha256)
    WHERE {_AS_SEEN}
        AND (m.state = 'queued' OR (m.state = 'ended' AND m.ended_as IN ('failed', 'unknown')))
    RETURNING m.id
    """  # noqa: S608 - a constant of this module
)
# What it said is nobody's concern any more: it is known what became of it.
_RESOLVE = text(
    f"""
    UPDATE message m SET
        state = 'ended', ended_as = :ended_as, reason = :reason, detail = :detail,
        dispatch = s.dispatch + 1, told_at = :now, due_at = NULL,
        text = NULL, text_revision = NULL, text_sha256 = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:dispatches AS integer[])) AS s (id, dispatch)
    WHERE {_AS_SEEN} AND (m.state = 'queued' OR (m.state = 'ended' AND m.ended_as = 'unknown'))
    RETURNING m.id
    """  # noqa: S608 - a constant of this module
)
_KNOWN = text(
    """
    SELECT id FROM message
    WHERE id = ANY (CAST(:ids AS bigint[])) AND mailing_id = :mailing
    """
)


class PostgresReplays:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def replay(self, replayed: MessagesReplayed, now: datetime) -> Moved:
        row = {
            **_named(replayed),
            "hashes": [each.text_sha256 for each in replayed.messages],
            "revision": replayed.revision,
            "ends_at": ends_at_written(replayed.ends_at),
            "now": now,
        }
        async with self._engine.begin() as connection:
            # The mailing first, as whoever plans it does.
            await connection.execute(BROUGHT_BACK, {"id": replayed.mailing_id})
            moved = (await connection.scalars(_REPLAY, row)).all()
            return await _moved(connection, replayed, moved)

    async def resolve(self, resolved: MessagesResolved) -> tuple[Moved, Batch | None]:
        row = {
            **_named(resolved),
            "ended_as": resolved.as_,
            "reason": RESOLVED,
            "detail": FOUND_OUT[resolved.as_],
            "now": resolved.at,
        }
        async with self._engine.begin() as connection:
            ids = (await connection.scalars(_RESOLVE, row)).all()
            batch = await _write(connection, resolved, ids) if ids else None
            return await _moved(connection, resolved, ids), batch


async def _write(
    connection: AsyncConnection, resolved: MessagesResolved, ids: Sequence[int]
) -> Batch:
    row = {
        "mailing": resolved.mailing_id,
        "revision": None,
        "kind": resolved.as_,
        "reason": RESOLVED,
        "detail": FOUND_OUT[resolved.as_],
        "ids": list(ids),
        "revisions": [],
        "now": resolved.at,
        "ends_at": None,
    }
    number = await connection.scalar(INSERT_BATCH, row)
    return await read_batch(connection, (await connection.execute(BATCH, {"id": number})).one())


async def _moved(
    connection: AsyncConnection,
    decided: MessagesReplayed | MessagesResolved,
    moved: Sequence[int],
) -> Moved:
    left = sorted({each.message_id for each in decided.messages}.difference(moved))
    if not left:
        return Moved(len(moved))
    key = {"ids": left, "mailing": decided.mailing_id}
    known = set(await connection.scalars(_KNOWN, key))
    return Moved(len(moved), [each for each in left if each not in known])


def _named(decided: MessagesReplayed | MessagesResolved) -> dict[str, Any]:
    return {
        "mailing": decided.mailing_id,
        "ids": [each.message_id for each in decided.messages],
        "dispatches": [each.dispatch for each in decided.messages],
    }
