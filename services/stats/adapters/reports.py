"""What is read from the books."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.adapters.columns import call, standing
from services.stats.domain.books import ByStatus, MailingBook, ZoneBook
from services.stats.ports import MessageLine, MessageStory
from shared.contracts.statuses import Status

_ZONES = text(
    """
    SELECT timezone, book.status, book.n, wave.opens_at, wave.closes_at, wave.rest, wave.reason
    FROM book LEFT JOIN wave USING (mailing_id, timezone)
    WHERE mailing_id = :mailing_id
    ORDER BY wave.opens_at NULLS LAST, timezone
    """
)

_MAILINGS = text(
    """
    SELECT id, first_sent_at, last_sent_at, line.key AS status, CAST(line.value AS bigint) AS n
    FROM mailing LEFT JOIN LATERAL jsonb_each_text(by_status) AS line ON true
    WHERE id = ANY(CAST(:ids AS bigint[]))
    """
)

_EVERYTHING = text(
    """
    SELECT line.key AS status, CAST(sum(CAST(line.value AS bigint)) AS bigint) AS n
    FROM mailing CROSS JOIN LATERAL jsonb_each_text(by_status) AS line
    GROUP BY line.key
    """
)

_PACE = text(
    "SELECT second, sent FROM pace WHERE mailing_id = :mailing_id"
    " AND second >= CAST(:since AS bigint)"
)


def _lines(condition: str) -> TextClause:
    return text(
        f"""
        SELECT line.*, called.attempts
        FROM (
            SELECT id, mailing_id, client_id, timezone, status, dispatch, attempt, step, reason,
                   detail, sent_at, updated_at, next_attempt_at, http_status
            FROM message WHERE mailing_id = :mailing_id AND id > :after AND {condition}
            ORDER BY id LIMIT :limit
        ) AS line
        CROSS JOIN LATERAL (
            -- What comes back to the plan may never have been called: only a call takes time.
            SELECT count(DISTINCT (dispatch, attempt)) AS attempts
            FROM attempt
            WHERE message_id = line.id AND (kind <> 'returned' OR latency_ms IS NOT NULL)
        ) AS called
        ORDER BY line.id
        """  # noqa: S608 - of constants
    )


# Nearly all messages are queued, then sent: these two are in no index by their status, so that a
# message that is sent changes none. They are looked for among all, but not where there are none.
_COMMON = (Status.QUEUED, Status.SENT)
_ALL_MESSAGES = _lines("true")
_COMMON_MESSAGES = _lines(
    """message.status = :status AND EXISTS (
        SELECT FROM tally WHERE mailing_id = :mailing_id AND tally.status = :status AND n > 0)"""
)
_ODD_MESSAGES = _lines("odd_status = :status")

_MESSAGE = text(
    """
    SELECT id, mailing_id, client_id, timezone, status, dispatch, attempt, step, reason, detail,
           sent_at, updated_at, next_attempt_at, http_status
    FROM message WHERE id = :id
    """
)

_CALLS = text(
    """
    SELECT attempt.*, grounds.*
    FROM attempt LEFT JOIN grounds ON grounds.id = attempt.grounds_id
    WHERE message_id = :id
    ORDER BY dispatch, attempt, at
    """
)


_STATUSES = {status.value: status for status in Status}


class PostgresReports:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def mailing(self, mailing_id: int) -> MailingBook:
        return (await self.mailings([mailing_id]))[0]

    async def mailings(self, mailing_ids: Collection[int]) -> Sequence[MailingBook]:
        rows = _grouped(await self._rows(_MAILINGS, ids=list(mailing_ids)), "id")
        return [_mailing_book(mailing_id, rows.get(mailing_id, [])) for mailing_id in mailing_ids]

    async def zones(self, mailing_id: int) -> Sequence[ZoneBook]:
        rows = await self._rows(_ZONES, mailing_id=mailing_id)
        return [_zone_book(of_zone) for of_zone in _grouped(rows, "timezone").values()]

    async def sent_by_second(self, mailing_id: int, since: datetime) -> Mapping[int, int]:
        second = int(since.timestamp())
        rows = await self._rows(_PACE, mailing_id=mailing_id, since=second)
        return {row.second: row.sent for row in rows}

    async def messages(
        self, mailing_id: int, status: Status | None, after: int, limit: int
    ) -> Sequence[MessageLine]:
        page = {"mailing_id": mailing_id, "after": after, "limit": limit}
        if status is None:
            rows = await self._rows(_ALL_MESSAGES, **page)
        else:
            wanted = _COMMON_MESSAGES if status in _COMMON else _ODD_MESSAGES
            rows = await self._rows(wanted, status=status, **page)
        return [MessageLine(standing(row), row.attempts) for row in rows]

    async def message(self, message_id: int) -> MessageStory | None:
        found = await self._rows(_MESSAGE, id=message_id)
        if not found:
            return None
        calls = await self._rows(_CALLS, id=message_id)
        return MessageStory(standing(found[0]), [call(row) for row in calls])

    async def everything(self) -> ByStatus:
        return _by_status(await self._rows(_EVERYTHING))

    async def _rows(self, statement: Any, **parameters: Any) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement, parameters)).all()


def _grouped(rows: Iterable[Row[Any]], column: str) -> dict[Any, list[Row[Any]]]:
    groups: dict[Any, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups


def _by_status(rows: Iterable[Row[Any]]) -> dict[Status, int]:
    return {_STATUSES[row.status]: row.n for row in rows if row.status is not None}


def _zone_book(rows: Sequence[Row[Any]]) -> ZoneBook:
    wave = rows[0]
    return ZoneBook(
        timezone=wave.timezone,
        by_status=_by_status(rows),
        opens_at=wave.opens_at,
        closes_at=wave.closes_at,
        rest=Status(wave.rest) if wave.rest else None,
        reason=wave.reason,
    )


def _mailing_book(mailing_id: int, rows: Sequence[Row[Any]]) -> MailingBook:
    if not rows:
        return MailingBook(mailing_id, {})
    return MailingBook(mailing_id, _by_status(rows), rows[0].first_sent_at, rows[0].last_sent_at)
