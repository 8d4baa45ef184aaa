"""What previews and explanations read, in PostgreSQL."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters.directory import IN_FROZEN, MATCHES, filter_parameters
from services.scheduler.adapters.rows import ends_at_of, mailing_of, recipient_of
from services.scheduler.domain.revisions import is_frozen
from services.scheduler.domain.texts import SampledClient
from services.scheduler.domain.waves import Phase
from services.scheduler.handlers.explaining import (
    ClientInMailing,
    ClientRecord,
    ClientWave,
    MessageRecord,
)
from services.scheduler.handlers.previewing import Launched, WaveRecord
from shared.contracts.mailings import FilterSpec, MailingChanged

_RECIPIENT = "c.id, c.timezone, c.phone, c.operator_code, c.tags, c.email, c.name, c.attributes"


def _some(condition: str) -> TextClause:
    """The first of every zone who may be sent to, by the index that waves are taken by."""
    return text(
        f"""
        SELECT c.* FROM unnest(CAST(:zones AS text[]), CAST(:seats AS integer[]))
            WITH ORDINALITY AS s (zone, seats, turn)
        CROSS JOIN LATERAL (
            SELECT {_RECIPIENT} FROM client c
            WHERE c.timezone = s.zone AND NOT c.deleted AND NOT c.blocked AND {condition}
            ORDER BY c.id LIMIT s.seats
        ) AS c
        ORDER BY s.turn, c.id
        """  # noqa: S608 - constants of this module and another
    )


def _blocked(condition: str) -> TextClause:
    """By their own index, zone by zone. Whoever has a row is spoken of there."""
    return text(
        f"""
        SELECT w.zone, found.clients
        FROM unnest(CAST(:zones AS text[]), CAST(:cursors AS bigint[])) AS w (zone, cursor)
        CROSS JOIN LATERAL (
            SELECT count(*) AS clients FROM client c
            WHERE c.timezone = w.zone AND c.id > w.cursor AND c.blocked AND NOT c.deleted
                AND {condition} AND NOT EXISTS (
                    SELECT FROM message m WHERE m.mailing_id = :mailing AND m.client_id = c.id
                )
        ) AS found
        WHERE found.clients > 0
        """  # noqa: S608 - constants of this module and another
    )


_SOME, _SOME_FROZEN = _some(MATCHES), _some(IN_FROZEN)
_BLOCKED, _BLOCKED_FROZEN = _blocked(MATCHES), _blocked(IN_FROZEN)
_CLIENT = text(f"SELECT {_RECIPIENT} FROM client c WHERE c.id = :id AND NOT c.deleted")  # noqa: S608 - a constant of this module
_WAVES = text(
    """
    SELECT timezone, phase, size, rows, opens_at, closes_at, begun_at, rest, reason, cursor
    FROM wave WHERE mailing_id = :mailing ORDER BY timezone
    """
)
# A row that ended before reasons were written down has none. What is unknown was handed out.
_LEFT_OUT = text(
    """
    SELECT timezone, coalesce(reason, ended_as, 'ended'), count(*)
    FROM message
    WHERE mailing_id = :mailing AND state = 'ended'
        AND coalesce(ended_as, '') NOT IN ('sent', 'failed', 'unknown')
    GROUP BY 1, 2
    """
)
# By the index that there is: a look into each mailing, whatever the number of messages.
_MESSAGES_OF = text(
    """
    SELECT m.id FROM mailing g CROSS JOIN LATERAL (
        SELECT id FROM message WHERE mailing_id = g.id AND client_id = :client
    ) AS m
    ORDER BY m.id
    """
)
_CLIENT_IN = text(
    """
    SELECT g.body,
        c.id IS NOT NULL AS known, c.deleted, c.timezone, c.operator_code, c.tags, c.blocked,
        EXISTS (SELECT 1 FROM frozen f WHERE f.mailing_id = g.id AND f.client_id = :client)
            AS in_frozen,
        w.timezone AS wave_zone, w.phase, w.opens_at, w.closes_at, w.begun_at,
        w.reason AS wave_reason, w.cursor,
        m.id AS message_id, m.timezone AS message_zone, m.state, m.dispatch, m.ended_as,
        m.reason AS message_reason, m.due_at, m.ends_at
    FROM mailing g
        LEFT JOIN client c ON c.id = :client
        LEFT JOIN message m ON m.mailing_id = g.id AND m.client_id = :client
        LEFT JOIN wave w ON w.mailing_id = g.id
            AND w.timezone = coalesce(m.timezone, CASE WHEN NOT c.deleted THEN c.timezone END)
    WHERE g.id = :mailing
    """
)


class PostgresReadings:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def clients_position(self) -> int:
        async with self._engine.connect() as connection:
            return await connection.scalar(text("SELECT clients_position FROM control")) or 0

    async def revision(self, mailing_id: int) -> int | None:
        query = text("SELECT revision FROM mailing WHERE id = :id")
        async with self._engine.connect() as connection:
            revision: int | None = await connection.scalar(query, {"id": mailing_id})
            return revision

    async def pace(self, channel: str) -> float | None:
        query = text("SELECT per_second FROM pace WHERE channel = :channel AND per_second > 0")
        async with self._engine.connect() as connection:
            pace: float | None = await connection.scalar(query, {"channel": channel})
            return pace

    async def some(
        self, filter_: FilterSpec, seats: Mapping[str, int], frozen_in: int | None
    ) -> list[SampledClient]:
        places = {"zones": list(seats), "seats": list(seats.values())}
        if frozen_in is None:
            query, parameters = _SOME, places | filter_parameters(filter_)
        else:
            query, parameters = _SOME_FROZEN, places | {"mailing": frozen_in}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query, parameters)).all()
        return _zone_by_zone([_sampled(row) for row in rows])

    async def blocked(self, mailing: MailingChanged, behind: Mapping[str, int]) -> dict[str, int]:
        key = {"mailing": mailing.mailing_id}
        places = {"zones": list(behind), "cursors": list(behind.values())}
        query, parameters = _BLOCKED, key | places | filter_parameters(mailing.spec.filter)
        if mailing.mailing_id and is_frozen(mailing.spec):
            query, parameters = _BLOCKED_FROZEN, key | places
        async with self._engine.connect() as connection:
            return {row.zone: row.clients for row in await connection.execute(query, parameters)}

    async def client(self, client_id: int) -> SampledClient | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(_CLIENT, {"id": client_id})).first()
            return None if row is None else _sampled(row)

    async def launched(self, mailing_id: int) -> Launched | None:
        query = text("SELECT body FROM mailing WHERE id = :mailing")
        key = {"mailing": mailing_id}
        async with self._engine.connect() as connection:
            # Waves and rows of one moment: they are counted against each other.
            await connection.execution_options(isolation_level="REPEATABLE READ")
            body = await connection.scalar(query, key)
            if body is None:
                return None
            waves = [_wave(row) for row in await connection.execute(_WAVES, key)]
            return Launched(mailing_of(body), waves, await _left_out(connection, mailing_id))

    async def client_in(self, mailing_id: int, client_id: int) -> ClientInMailing | None:
        keys = {"mailing": mailing_id, "client": client_id}
        async with self._engine.connect() as connection:
            row = (await connection.execute(_CLIENT_IN, keys)).first()
        return None if row is None else _client_in(row, client_id)

    async def messages_of(self, client_id: int) -> list[int]:
        async with self._engine.connect() as connection:
            return list(await connection.scalars(_MESSAGES_OF, {"client": client_id}))


async def _left_out(connection: AsyncConnection, mailing_id: int) -> dict[str, dict[str, int]]:
    by_zone: dict[str, dict[str, int]] = defaultdict(dict)
    for zone, reason, rows in await connection.execute(_LEFT_OUT, {"mailing": mailing_id}):
        by_zone[zone][reason] = rows
    return by_zone


def _zone_by_zone(clients: list[SampledClient]) -> list[SampledClient]:
    """The first of each zone, then the second of each: the few who are shown differ most."""
    ranked = [
        (rank, client)
        for _, group in groupby(clients, lambda client: client.timezone)
        for rank, client in enumerate(group)
    ]
    return [client for _, client in sorted(ranked, key=lambda pair: pair[0])]


def _sampled(row: Row[Any]) -> SampledClient:
    return SampledClient(row.id, row.timezone, recipient_of(row, row.timezone))


def _wave(row: Row[Any]) -> WaveRecord:
    return WaveRecord(
        zone=row.timezone,
        phase=Phase(row.phase),
        size=row.size,
        rows=row.rows,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        begun_at=row.begun_at,
        rest=row.rest,
        reason=row.reason,
        cursor=row.cursor,
    )


def _client_in(row: Row[Any], client_id: int) -> ClientInMailing:
    return ClientInMailing(
        mailing=mailing_of(row.body),
        client_id=client_id,
        client=_client(row) if row.known else None,
        wave=_client_wave(row) if row.wave_zone is not None else None,
        message=_message(row) if row.message_id is not None else None,
    )


def _client(row: Row[Any]) -> ClientRecord:
    frozen = is_frozen(mailing_of(row.body).spec)
    return ClientRecord(
        deleted=row.deleted,
        zone=row.timezone,
        operator_code=row.operator_code,
        tags=row.tags,
        in_frozen=row.in_frozen if frozen else None,
        blocked=row.blocked,
    )


def _client_wave(row: Row[Any]) -> ClientWave:
    return ClientWave(
        zone=row.wave_zone,
        phase=Phase(row.phase),
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        begun_at=row.begun_at,
        reason=row.wave_reason,
        cursor=row.cursor,
    )


def _message(row: Row[Any]) -> MessageRecord:
    return MessageRecord(
        id=row.message_id,
        zone=row.message_zone,
        state=row.state,
        dispatch=row.dispatch,
        ended_as=row.ended_as,
        reason=row.message_reason,
        due_at=row.due_at,
        ends_at=ends_at_of(row.ends_at),
    )
