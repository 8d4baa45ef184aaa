"""The copy of the directory, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.scheduler.adapters.added import write_added
from services.scheduler.adapters.crowd import write_clients
from services.scheduler.adapters.rows import put_waves
from services.scheduler.ports import PlannedWave
from shared.contracts.directory import ClientsAdded, ClientState
from shared.contracts.mailings import FilterSpec

# What every query that chooses clients by a mailing's filter says.
MATCHES = """
    (CAST(:tags AS text[]) IS NULL OR c.tags && CAST(:tags AS text[]))
    AND (CAST(:codes AS text[]) IS NULL OR c.operator_code = ANY (CAST(:codes AS text[])))
"""

# What it says instead when the mailing's audience was taken down at its launch.
IN_FROZEN = """
    EXISTS (SELECT 1 FROM frozen f WHERE f.mailing_id = :mailing AND f.client_id = c.id)
"""

_COUNT = text(
    f"""
    SELECT zone.name, coalesce(matching.clients, 0) AS clients
    FROM zone LEFT JOIN (
        SELECT c.timezone, CAST(sum(c.clients) AS bigint) AS clients FROM crowd c
        WHERE {MATCHES} GROUP BY c.timezone
    ) AS matching ON matching.timezone = zone.name
    """  # noqa: S608 - a constant of this module
)
_FREEZE = text(
    f"""
    INSERT INTO frozen (mailing_id, client_id, timezone)
    SELECT :mailing, c.id, c.timezone FROM client c WHERE NOT c.deleted AND {MATCHES}
    """  # noqa: S608 - a constant of this module
)
_COUNT_FROZEN = text(
    """
    SELECT zone.name, coalesce(living.clients, 0) AS clients
    FROM zone LEFT JOIN (
        SELECT CASE WHEN c.deleted THEN f.timezone ELSE c.timezone END AS name, count(*) AS clients
        FROM frozen f JOIN client c ON c.id = f.client_id WHERE f.mailing_id = :mailing GROUP BY 1
    ) AS living ON living.name = zone.name
    """
)
_ADD_ZONES = text("INSERT INTO zone SELECT unnest(CAST(:zones AS text[])) ON CONFLICT DO NOTHING")
_REACHED = text(
    "UPDATE control SET clients_position = :position WHERE clients_position < :position"
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
        self,
        clients: Sequence[ClientState],
        new_waves: Mapping[int, Sequence[PlannedWave]],
        position: int | None = None,
    ) -> None:
        # A statement touches a row once; of one client's states only the newest matters.
        newest = {c.id: c for c in sorted(clients, key=lambda c: c.revision)}.values()
        async with self._engine.begin() as connection:
            await write_clients(connection, list(newest))
            await _put_zones(connection, {c.timezone for c in newest if not c.deleted}, new_waves)
            await _reach(connection, position)

    async def add(
        self, added: ClientsAdded, new_waves: Mapping[int, Sequence[PlannedWave]]
    ) -> None:
        async with self._engine.begin() as connection:
            await write_added(connection, added)
            await _put_zones(connection, {kind.timezone for kind in added.kinds}, new_waves)
            await _reach(connection, added.position)

    async def count_by_zone(self, filter_: FilterSpec) -> dict[str, int]:
        return await self._counts(_COUNT, filter_parameters(filter_))

    async def freeze(self, mailing_id: int, filter_: FilterSpec) -> None:
        key = {"mailing": mailing_id}
        forget = text("DELETE FROM frozen WHERE mailing_id = :mailing")
        async with self._engine.begin() as connection:
            await connection.execute(forget, key)
            await connection.execute(_FREEZE, key | filter_parameters(filter_))

    async def count_frozen(self, mailing_id: int) -> dict[str, int]:
        return await self._counts(_COUNT_FROZEN, {"mailing": mailing_id})

    async def _counts(self, query: TextClause, parameters: Mapping[str, Any]) -> dict[str, int]:
        async with self._engine.connect() as connection:
            return {row.name: row.clients for row in await connection.execute(query, parameters)}


async def _put_zones(
    connection: AsyncConnection,
    zones: Collection[str],
    new_waves: Mapping[int, Sequence[PlannedWave]],
) -> None:
    await connection.execute(_ADD_ZONES, {"zones": sorted(zones)})
    for mailing_id, waves in new_waves.items():
        await put_waves(connection, mailing_id, waves)


async def _reach(connection: AsyncConnection, position: int | None) -> None:
    if position is not None:
        await connection.execute(_REACHED, {"position": position})
