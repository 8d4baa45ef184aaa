"""What is read from the books."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.adapters.columns import STATUSES, call, standing
from services.stats.adapters.receipts import OF_MESSAGES, receipt
from services.stats.domain.books import ByStatus, MailingBook, ZoneBook
from services.stats.ports import MessageLine, MessageStory
from shared.contracts.statuses import Status
from shared.runtime.database import driver

# The view ``book`` of one mailing, a row per zone: there are hundreds, and while somebody looks on
# they are read several times a second. Each status has a column, null where nobody is.
_STATUSES = tuple(Status)
_COUNTS = ", ".join(
    f"CAST(sum(n) FILTER (WHERE status = '{status}') AS bigint) AS {status}" for status in Status
)
_ZONES = f"""
    SELECT timezone, opens_at, closes_at, rest, reason, greatest(0, size - coalesce(total, 0)),
           {", ".join(_STATUSES)}
    FROM (
        SELECT timezone, CAST(sum(n) AS bigint) AS total, {_COUNTS}
        FROM tally WHERE mailing_id = $1 GROUP BY timezone
    ) AS counted
    FULL JOIN (SELECT * FROM wave WHERE mailing_id = $1) AS wave USING (timezone)
    ORDER BY opens_at NULLS LAST, timezone
"""  # noqa: S608 - of constants

_MAILINGS = """
    SELECT id, first_sent_at, last_sent_at, line.key AS status, CAST(line.value AS bigint) AS n
    FROM mailing LEFT JOIN LATERAL jsonb_each_text(by_status) AS line ON true
    WHERE id = ANY($1::bigint[])
"""

_EVERYTHING = """
    SELECT line.key AS status, CAST(sum(CAST(line.value AS bigint)) AS bigint) AS n
    FROM mailing CROSS JOIN LATERAL jsonb_each_text(by_status) AS line
    GROUP BY line.key
"""

_PACE = "SELECT second, sent FROM pace WHERE mailing_id = $1 AND second >= $2::bigint"


def _lines(condition: str) -> str:
    return f"""
        SELECT line.*, called.attempts
        FROM (
            SELECT id, mailing_id, client_id, timezone, status, dispatch, attempt, step, reason,
                   detail, sent_at, updated_at, next_attempt_at, http_status
            FROM message WHERE mailing_id = $1 AND id > $2 AND {condition}
            ORDER BY id LIMIT $3
        ) AS line
        CROSS JOIN LATERAL (
            -- What comes back to the plan may never have been called: only a call takes time.
            SELECT count(DISTINCT (dispatch, attempt)) AS attempts
            FROM attempt
            WHERE message_id = line.id AND (kind <> 'returned' OR latency_ms IS NOT NULL)
        ) AS called
        ORDER BY line.id
    """  # noqa: S608 - of constants


# Nearly all messages are queued, then sent, then delivered where a provider says so: these are in
# no index by their status, so that a message that moves on so changes none. They are looked for
# among all, but not where there are none.
_COMMON = (Status.QUEUED, Status.SENT, Status.DELIVERED)
_ALL_MESSAGES = _lines("true")
_COMMON_MESSAGES = _lines(
    """message.status = $4 AND EXISTS (
        SELECT FROM tally WHERE mailing_id = $1 AND tally.status = $4 AND n > 0)"""
)
_ODD_MESSAGES = _lines("odd_status = $4")

_MESSAGE = """
    SELECT id, mailing_id, client_id, timezone, status, dispatch, attempt, step, reason, detail,
           sent_at, updated_at, next_attempt_at, http_status
    FROM message WHERE id = $1
"""

_CALLS = """
    SELECT attempt.*, grounds.*
    FROM attempt LEFT JOIN grounds ON grounds.id = attempt.grounds_id
    WHERE message_id = $1
    ORDER BY dispatch, attempt, at
"""

Rows = Sequence[asyncpg.Record]


class PostgresReports:
    """Each read is one statement, and a moment of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def mailing(self, mailing_id: int) -> MailingBook:
        return (await self.mailings([mailing_id]))[0]

    async def mailings(self, mailing_ids: Collection[int]) -> Sequence[MailingBook]:
        rows = _grouped(await self._rows(_MAILINGS, list(mailing_ids)))
        return [_mailing_book(mailing_id, rows.get(mailing_id, [])) for mailing_id in mailing_ids]

    async def zones(self, mailing_id: int) -> Sequence[ZoneBook]:
        return [_zone_book(row) for row in await self._rows(_ZONES, mailing_id)]

    async def sent_by_second(self, mailing_id: int, since: datetime) -> Mapping[int, int]:
        rows = await self._rows(_PACE, mailing_id, int(since.timestamp()))
        return {row["second"]: row["sent"] for row in rows}

    async def messages(
        self, mailing_id: int, status: Status | None, after: int, limit: int
    ) -> Sequence[MessageLine]:
        if status is None:
            rows = await self._rows(_ALL_MESSAGES, mailing_id, after, limit)
        else:
            wanted = _COMMON_MESSAGES if status in _COMMON else _ODD_MESSAGES
            rows = await self._rows(wanted, mailing_id, after, limit, status)
        return [MessageLine(standing(row), row["attempts"]) for row in rows]

    async def message(self, message_id: int) -> MessageStory | None:
        found = await self._rows(_MESSAGE, message_id)
        if not found:
            return None
        calls = await self._rows(_CALLS, message_id)
        receipts = await self._rows(OF_MESSAGES, [message_id])
        counting = next((one for one in map(receipt, receipts) if not one.waits), None)
        return MessageStory(standing(found[0]), [call(row) for row in calls], counting)

    async def everything(self) -> ByStatus:
        return _by_status(await self._rows(_EVERYTHING))

    async def _rows(self, statement: str, *values: Any) -> Rows:
        async with driver(self._engine) as connection:
            rows: Rows = await connection.fetch(statement, *values)
        return rows


def _grouped(rows: Rows) -> dict[int, list[asyncpg.Record]]:
    groups: dict[int, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        groups[row["id"]].append(row)
    return groups


def _by_status(rows: Rows) -> dict[Status, int]:
    return {STATUSES[row["status"]]: row["n"] for row in rows if row["status"] is not None}


def _zone_book(row: asyncpg.Record) -> ZoneBook:
    timezone, opens_at, closes_at, rest, reason, rows_to_come, *counts = row
    by_status = {status: n for status, n in zip(_STATUSES, counts, strict=True) if n}
    if rest is not None:
        rest = STATUSES[rest]
        by_status[rest] = by_status.get(rest, 0) + rows_to_come
    return ZoneBook(timezone, by_status, opens_at, closes_at, rest, reason)


def _mailing_book(mailing_id: int, rows: Rows) -> MailingBook:
    if not rows:
        return MailingBook(mailing_id, {})
    first = rows[0]
    return MailingBook(mailing_id, _by_status(rows), first["first_sent_at"], first["last_sent_at"])
