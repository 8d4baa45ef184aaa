"""Rows for returned messages that have none, in PostgreSQL."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.delivery import DeliveryEvent

# A plan that is being made of these mailings counts their rows before, or after.
_LOCK = text("SELECT id FROM mailing WHERE id = ANY (CAST(:mailings AS bigint[])) FOR SHARE")
_ADOPT = text(
    """
    INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state, due_at, returned_at,
        until_mailing_revision, until_client_revision)
    SELECT id, mailing_id, client_id, timezone, dispatch + 1, 'held', due_at, returned_at,
        mailing_revision, client_revision
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:mailings AS bigint[]), CAST(:clients AS bigint[]),
        CAST(:zones AS text[]), CAST(:dispatches AS integer[]), CAST(:dues AS timestamptz[]),
        CAST(:returned AS timestamptz[]), CAST(:mailing_revisions AS bigint[]),
        CAST(:client_revisions AS bigint[])
    ) AS s (id, mailing_id, client_id, timezone, dispatch, due_at, returned_at,
            mailing_revision, client_revision)
    ON CONFLICT DO NOTHING RETURNING mailing_id, timezone
    """
)
_COUNT = text(
    """
    UPDATE wave w SET
        rows = w.rows + s.n, size = greatest(w.size, w.rows + s.n),
        seq = w.seq + CASE WHEN w.size < w.rows + s.n THEN 1 ELSE 0 END
    FROM unnest(CAST(:mailings AS bigint[]), CAST(:zones AS text[]), CAST(:counts AS bigint[]))
        AS s (mailing_id, timezone, n)
    WHERE w.mailing_id = s.mailing_id AND w.timezone = s.timezone
    """
)
_ROWLESS = text(
    """
    SELECT id FROM unnest(CAST(:ids AS bigint[])) AS s (id)
    WHERE NOT EXISTS (SELECT FROM message m WHERE m.id = s.id)
    """
)
# Theirs have no rows, and are to have none.
_FORGOTTEN = text(
    """
    SELECT id FROM mailing WHERE id = ANY (CAST(:mailings AS bigint[])) AND forget_at IS NOT NULL
    """
)


class PostgresFoundlings:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def adopt(
        self, returned: Sequence[DeliveryEvent], due_at: Sequence[datetime]
    ) -> set[int]:
        dues = dict(zip((event.message_id for event in returned), due_at, strict=True))
        async with self._engine.begin() as connection:
            rowless = await _rowless(connection, list(dues))
            strays = [event for event in returned if event.message_id in rowless]
            strays = await _of_mailings_that_are_kept(connection, strays)
            if not strays:
                return set()
            await _adopt(connection, strays, dues)
            return await _rowless(connection, [event.message_id for event in strays])


async def _of_mailings_that_are_kept(
    connection: AsyncConnection, strays: Sequence[DeliveryEvent]
) -> list[DeliveryEvent]:
    mailings = {"mailings": list({event.mailing_id for event in strays})}
    forgotten = set(await connection.scalars(_FORGOTTEN, mailings)) if strays else set()
    return [event for event in strays if event.mailing_id not in forgotten]


async def _rowless(connection: AsyncConnection, ids: Sequence[int]) -> set[int]:
    return set(await connection.scalars(_ROWLESS, {"ids": list(ids)}))


async def _adopt(
    connection: AsyncConnection, strays: Sequence[DeliveryEvent], dues: dict[int, datetime]
) -> None:
    mailings = [event.mailing_id for event in strays]
    await connection.execute(_LOCK, {"mailings": mailings})
    columns = {
        "ids": [event.message_id for event in strays],
        "mailings": mailings,
        "clients": [event.client_id for event in strays],
        "zones": [event.timezone for event in strays],
        "dispatches": [event.dispatch for event in strays],
        "dues": [dues[event.message_id] for event in strays],
        "returned": [event.at for event in strays],
        "mailing_revisions": [event.mailing_revision for event in strays],
        "client_revisions": [event.client_revision for event in strays],
    }
    adopted = Counter((row[0], row[1]) for row in await connection.execute(_ADOPT, columns))
    counts = {
        "mailings": [mailing for mailing, _ in adopted],
        "zones": [zone for _, zone in adopted],
        "counts": list(adopted.values()),
    }
    await connection.execute(_COUNT, counts)
