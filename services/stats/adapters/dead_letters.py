"""What a person looks into, read by the index of those that failed or are unknown."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.stats.domain.dead_letters import Cause, DeadLetter, Group, Sample, Wanted, place
from shared.contracts.statuses import Status

# Trials are nobody's to replay: whoever wanted one asks for another.
_DEAD = "message.odd_status IN ('failed', 'unknown') AND mailing_id > 0"
_WANTED = """
    (CAST(:mailing_id AS bigint) IS NULL OR mailing_id = :mailing_id)
    AND (CAST(:status AS text) IS NULL OR message.status = :status)
    AND (CAST(:reason AS text) IS NULL OR message.reason = :reason)
"""
_OF_CAUSE = """
    mailing_id = CAST(:mailing_id AS bigint) AND message.status = :status
    AND message.reason IS NOT DISTINCT FROM CAST(:reason AS text)
    AND message.http_status IS NOT DISTINCT FROM CAST(:http_status AS smallint)
    AND message.detail IS NOT DISTINCT FROM CAST(:detail AS text)
"""

# What came back to the plan may never have been called: only a call takes time.
_LAST_CALL = """
    SELECT dispatch, attempt, at, latency_ms, http_status, text_sha256 FROM attempt
    WHERE message_id = message.id AND (kind <> 'returned' OR latency_ms IS NOT NULL)
    ORDER BY dispatch DESC, attempt DESC, at DESC LIMIT 1
"""
_LAST_TEXT = """
    SELECT text_sha256 FROM attempt WHERE message_id = message.id AND text_sha256 IS NOT NULL
    ORDER BY dispatch DESC, attempt DESC, at DESC LIMIT 1
"""

# In the order of ``place``. The comparison by the mailing alone is what the index can use.
_ORDER = "status, coalesce(reason, ''), coalesce(http_status, 0), coalesce(detail, '')"
_GROUPS = text(
    f"""
    SELECT cause.*, message.client_id, message.timezone, message.id,
           coalesce(call.dispatch, message.dispatch) AS dispatch,
           coalesce(call.attempt, 0) AS attempt, coalesce(call.at, message.updated_at) AS at,
           call.latency_ms, call.http_status AS answer, call.text_sha256
    FROM (
        SELECT mailing_id, status, reason, http_status, detail, count(*) AS messages,
               min(updated_at) AS first_at, max(updated_at) AS last_at, max(id) AS sample
        FROM message
        WHERE {_DEAD} AND {_WANTED} AND mailing_id <= CAST(:after_mailing AS bigint)
            AND (mailing_id < CAST(:after_mailing AS bigint) OR ({_ORDER}) > (
                CAST(:after_status AS text), CAST(:after_reason AS text),
                CAST(:after_http_status AS integer), CAST(:after_detail AS text)))
        GROUP BY mailing_id, status, reason, http_status, detail
        ORDER BY mailing_id DESC, {_ORDER} LIMIT :limit
    ) AS cause
    JOIN message ON message.id = cause.sample
    LEFT JOIN LATERAL ({_LAST_CALL}) AS call ON true
    ORDER BY cause.mailing_id DESC, cause.status, coalesce(cause.reason, ''),
             coalesce(cause.http_status, 0), coalesce(cause.detail, '')
    """  # noqa: S608 - of constants
)


def _letters(condition: str) -> TextClause:
    return text(
        f"""
        SELECT id, mailing_id, client_id, dispatch, status,
               CASE WHEN message.status = 'unknown' THEN ({_LAST_TEXT}) END AS text_sha256
        FROM message WHERE {_DEAD} AND {condition} ORDER BY id LIMIT :limit
        """  # noqa: S608 - of constants
    )


_NAMED = _letters("id = ANY(CAST(:ids AS bigint[]))")
_BEHIND = "id > CAST(:after AS bigint)"
_SOME, _ALL_OF_CAUSE = _letters(f"{_WANTED} AND {_BEHIND}"), _letters(f"{_OF_CAUSE} AND {_BEHIND}")
# Behind this one, in the order of groups, is everything.
_BEFORE_ALL = {"mailing": 2**63 - 1, "status": "", "reason": "", "http_status": 0, "detail": ""}


class PostgresDeadLetters:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def groups(self, wanted: Wanted, after: Cause | None, limit: int) -> Sequence[Group]:
        rows = await self._rows(_GROUPS, wanted._asdict() | _behind(after) | {"limit": limit})
        return [_group(row) for row in rows]

    async def letters(self, wanted: Wanted | Cause, after: int, limit: int) -> Sequence[DeadLetter]:
        query = _ALL_OF_CAUSE if isinstance(wanted, Cause) else _SOME
        rows = await self._rows(query, wanted._asdict() | {"after": after, "limit": limit})
        return [_letter(row) for row in rows]

    async def named(self, message_ids: Collection[int]) -> Sequence[DeadLetter]:
        ids = list(message_ids)
        return [_letter(row) for row in await self._rows(_NAMED, {"ids": ids, "limit": len(ids)})]

    async def _rows(self, query: TextClause, parameters: dict[str, Any]) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(query, parameters)).all()


def _behind(cause: Cause | None) -> dict[str, Any]:
    if cause is None:
        values: dict[str, Any] = _BEFORE_ALL
    else:
        values = dict(zip(_BEFORE_ALL, (cause.mailing_id, *place(cause)[1:]), strict=True))
    return {f"after_{name}": value for name, value in values.items()}


def _group(row: Row[Any]) -> Group:
    return Group(
        Cause(row.mailing_id, Status(row.status), row.reason, row.http_status, row.detail),
        row.messages,
        row.first_at,
        row.last_at,
        Sample(
            message_id=row.id,
            client_id=row.client_id,
            timezone=row.timezone,
            dispatch=row.dispatch,
            attempt=row.attempt,
            at=row.at,
            latency_ms=row.latency_ms,
            http_status=row.answer,
            text_sha256=_hexadecimal(row.text_sha256),
        ),
    )


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        row.id,
        row.mailing_id,
        row.client_id,
        row.dispatch,
        Status(row.status),
        _hexadecimal(row.text_sha256),
    )


def _hexadecimal(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()
