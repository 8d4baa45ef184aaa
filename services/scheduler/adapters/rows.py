"""What several stores need to write and read rows."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.waves import Standing
from services.scheduler.ports import PlannedWave
from shared.contracts.mailings import MailingChanged


@lru_cache(maxsize=1024)
def mailing_of(body: str) -> MailingChanged:
    return MailingChanged.model_validate_json(body)


async def holds_revision(connection: AsyncConnection, mailing: MailingChanged) -> bool:
    """Whether the mailing still has this revision, and keeps it to the transaction's end."""
    query = "SELECT 1 FROM mailing WHERE id = :id AND revision = :revision FOR SHARE"
    found = await connection.scalar(
        text(query), {"id": mailing.mailing_id, "revision": mailing.revision}
    )
    return found is not None


# A plan made anew starts over with every client; who has a row already keeps it. Until the wave
# has ended, its size is the greater of what the plan counts and the rows there are.
_PUT_WAVES = text(
    """
    INSERT INTO wave AS w
        (mailing_id, timezone, phase, size, opens_at, closes_at, rest, reason)
    SELECT :mailing, *
    FROM unnest(
        CAST(:zones AS text[]), CAST(:phases AS text[]), CAST(:sizes AS bigint[]),
        CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]),
        CAST(:rests AS text[]), CAST(:reasons AS text[])
    )
    ON CONFLICT (mailing_id, timezone) DO UPDATE SET
        phase = excluded.phase, size = greatest(w.rows, excluded.size), cursor = 0,
        opens_at = excluded.opens_at, closes_at = excluded.closes_at,
        rest = excluded.rest, reason = excluded.reason, seq = w.seq + 1
    """
)


async def put_waves(
    connection: AsyncConnection, mailing_id: int, waves: Sequence[PlannedWave]
) -> None:
    await connection.execute(_PUT_WAVES, {"mailing": mailing_id, **_columns(waves)})


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
    }
