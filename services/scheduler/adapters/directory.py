"""The copy of the directory, in PostgreSQL."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.adapters.rows import put_waves
from services.scheduler.ports import PlannedWave
from shared.contracts.directory import ClientState
from shared.contracts.mailings import FilterSpec

# Arrays of arrays cannot be unnested; tags hold no control characters.
_BETWEEN_TAGS = "\x1f"

_APPLY = text(
    f"""
    INSERT INTO client AS c
        (id, revision, deleted, phone, operator_code, timezone, tags, email, name, attributes)
    SELECT id, revision, deleted, phone, code, zone, string_to_array(tags, '{_BETWEEN_TAGS}'),
           email, name, attributes
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:revisions AS bigint[]), CAST(:deleted AS boolean[]),
        CAST(:phones AS text[]), CAST(:codes AS text[]), CAST(:zones AS text[]),
        CAST(:tags AS text[]), CAST(:emails AS text[]), CAST(:names AS text[]),
        CAST(:attributes AS text[])
    ) AS s (id, revision, deleted, phone, code, zone, tags, email, name, attributes)
    ON CONFLICT (id) DO UPDATE SET
        revision = excluded.revision, deleted = excluded.deleted, phone = excluded.phone,
        operator_code = excluded.operator_code, timezone = excluded.timezone,
        tags = excluded.tags, email = excluded.email, name = excluded.name,
        attributes = excluded.attributes
    WHERE c.revision < excluded.revision
    """  # noqa: S608 - a constant of this module
)

# What every query that chooses clients by a mailing's filter says.
MATCHES = """
    (CAST(:tags AS text[]) IS NULL OR c.tags && CAST(:tags AS text[]))
    AND (CAST(:codes AS text[]) IS NULL OR c.operator_code = ANY (CAST(:codes AS text[])))
"""

_COUNT = text(
    f"""
    SELECT zone.name, coalesce(matching.clients, 0) AS clients
    FROM zone LEFT JOIN (
        SELECT c.timezone, count(*) AS clients FROM client c
        WHERE NOT c.deleted AND {MATCHES} GROUP BY c.timezone
    ) AS matching ON matching.timezone = zone.name
    """  # noqa: S608 - a constant of this module
)


def filter_parameters(filter_: FilterSpec) -> dict[str, list[str] | None]:
    return {"tags": _listed(filter_.tags), "codes": _listed(filter_.operator_codes)}


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


class PostgresDirectory:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def unknown_zones(self, zones: Sequence[str]) -> list[str]:
        query = text("SELECT name FROM zone WHERE name = ANY (CAST(:zones AS text[]))")
        async with self._engine.connect() as connection:
            known = set(await connection.scalars(query, {"zones": list(zones)}))
        return [zone for zone in zones if zone not in known]

    async def apply(
        self, clients: Sequence[ClientState], new_waves: Mapping[int, Sequence[PlannedWave]]
    ) -> None:
        # A statement touches a row once; of one client's states only the newest matters.
        newest = {c.id: c for c in sorted(clients, key=lambda c: c.revision)}.values()
        zones = sorted({c.timezone for c in newest if not c.deleted})
        add_zones = "INSERT INTO zone SELECT unnest(CAST(:zones AS text[])) ON CONFLICT DO NOTHING"
        async with self._engine.begin() as connection:
            await connection.execute(_APPLY, _columns(list(newest)))
            await connection.execute(text(add_zones), {"zones": zones})
            for mailing_id, waves in new_waves.items():
                await put_waves(connection, mailing_id, waves)

    async def count_by_zone(self, filter_: FilterSpec) -> dict[str, int]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(_COUNT, filter_parameters(filter_))
            return {row.name: row.clients for row in rows}


def _columns(clients: Sequence[ClientState]) -> dict[str, list[Any]]:
    return {
        "ids": [c.id for c in clients],
        "revisions": [c.revision for c in clients],
        "deleted": [c.deleted for c in clients],
        "phones": [c.phone for c in clients],
        "codes": [c.operator_code for c in clients],
        "zones": [c.timezone for c in clients],
        "tags": [_BETWEEN_TAGS.join(c.tags) for c in clients],
        "emails": [c.email for c in clients],
        "names": [c.name for c in clients],
        "attributes": [json.dumps(c.attributes) if c.attributes else None for c in clients],
    }
