"""What several stores need to write and read rows."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.waves import Standing
from services.scheduler.ports import PlannedWave
from shared.contracts.mailings import MailingChanged
from shared.domain.templates import Recipient


@lru_cache(maxsize=1024)
def mailing_of(body: str) -> MailingChanged:
    return MailingChanged.model_validate_json(body)


def ends_at_of(written: str | None) -> datetime | None:
    """A deadline of a message's own: with an offset, or naive, as its mailing's is."""
    return None if written is None else datetime.fromisoformat(written)


def ends_at_written(ends_at: datetime | None) -> str | None:
    return None if ends_at is None else ends_at.isoformat()


def recipient_of(row: Row[Any], zone: str) -> Recipient:
    """The client of a row, as a template may know them."""
    return Recipient(
        name=row.name,
        phone=row.phone,
        email=row.email,
        timezone=zone,
        operator_code=row.operator_code,
        tags=row.tags,
        attributes=json.loads(row.attributes) if row.attributes else None,
    )


async def holds_revision(connection: AsyncConnection, mailing: MailingChanged) -> bool:
    """Whether the mailing still has this revision, and keeps it to the transaction's end."""
    query = "SELECT 1 FROM mailing WHERE id = :id AND revision = :revision FOR SHARE"
    found = await connection.scalar(
        text(query), {"id": mailing.mailing_id, "revision": mailing.revision}
    )
    return found is not None


# To start over is to pass over everybody who has a row.
_START_OVER = text(
    """
    UPDATE wave SET cursor = 0, phase = 'pending', seq = seq + 1
    WHERE mailing_id = :mailing AND timezone = ANY (CAST(:zones AS text[]))
    """
)
# While nobody has been taken the size is what the plan counts; once the wave has ended it is the
# number of its rows. Where all waves of the mailing are about to be told of, a new one needs no
# mark of its own afterwards. While the copy is rebuilt no wave opens.
_PUT_WAVES = text(
    """
    INSERT INTO wave AS w
        (mailing_id, timezone, phase, size, opens_at, closes_at, rest, reason, begin_by,
         announced_seq)
    SELECT :mailing, zone,
        CASE WHEN phase = 'open' AND (SELECT bool_or(rebuilding) FROM control) THEN 'pending'
            ELSE phase END,
        size, opens_at, closes_at, rest, reason, begin_by,
        CASE WHEN :told_together AND size > 0 THEN 1 ELSE 0 END
    FROM unnest(
        CAST(:zones AS text[]), CAST(:phases AS text[]), CAST(:sizes AS bigint[]),
        CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]),
        CAST(:rests AS text[]), CAST(:reasons AS text[]), CAST(:begin_bys AS timestamptz[])
    ) AS s (zone, phase, size, opens_at, closes_at, rest, reason, begin_by)
    ON CONFLICT (mailing_id, timezone) DO UPDATE SET
        phase = excluded.phase, opens_at = excluded.opens_at, closes_at = excluded.closes_at,
        rest = excluded.rest, reason = excluded.reason, begin_by = excluded.begin_by,
        size = CASE WHEN w.cursor > 0 THEN w.size ELSE greatest(w.rows, excluded.size) END,
        seq = w.seq + CASE WHEN
            (w.opens_at, w.closes_at, w.rest, w.reason, w.size)
            IS DISTINCT FROM
            (excluded.opens_at, excluded.closes_at, excluded.rest, excluded.reason,
             CASE WHEN w.cursor > 0 THEN w.size ELSE greatest(w.rows, excluded.size) END)
            THEN 1 ELSE 0 END
    """
)


async def put_waves(
    connection: AsyncConnection,
    mailing_id: int,
    waves: Sequence[PlannedWave],
    *,
    told_together: bool = False,
) -> None:
    """``told_together``: all of the mailing's waves are told of after this."""
    over = [wave.zone for wave in waves if wave.starts_over]
    if over:
        await connection.execute(_START_OVER, {"mailing": mailing_id, "zones": over})
    row = {"mailing": mailing_id, "told_together": told_together}
    await connection.execute(_PUT_WAVES, row | _columns(waves))


def _columns(waves: Sequence[PlannedWave]) -> dict[str, list[Any]]:
    return {
        "zones": [wave.zone for wave in waves],
        "sizes": [wave.size for wave in waves],
        **standing_columns([wave.standing for wave in waves]),
    }


def standing_columns(standings: Sequence[Standing]) -> dict[str, list[Any]]:
    return {
        "phases": [standing.phase.value for standing in standings],
        "opens": [standing.opens_at for standing in standings],
        "closes": [standing.closes_at for standing in standings],
        "rests": [standing.rest for standing in standings],
        "reasons": [standing.reason for standing in standings],
        "begin_bys": [standing.begin_by for standing in standings],
    }
