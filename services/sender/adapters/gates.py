"""Gates in PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.gates import Gate

# DISTINCT ON: a message may name a gate twice, and a statement may touch a row only once.
_STORE = text(
    """
    INSERT INTO gate AS known (kind, id, revision, closed)
    SELECT DISTINCT ON (kind, id) kind, id, revision, closed
    FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[]),
                CAST(:revisions AS bigint[]), CAST(:closed AS boolean[]))
         AS gate (kind, id, revision, closed)
    ORDER BY kind, id, revision DESC
    ON CONFLICT (kind, id) DO UPDATE
    SET revision = excluded.revision, closed = excluded.closed, changed_at = now()
    WHERE excluded.revision > known.revision
    """
)


class PostgresGates:
    def __init__(self, engine: AsyncEngine) -> None:
        # One statement, and one round trip: every call that begins meanwhile is one too many.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def store(self, gates: Sequence[Gate]) -> None:
        values = {
            "kinds": [gate.kind for gate in gates],
            "ids": [gate.id for gate in gates],
            "revisions": [gate.revision for gate in gates],
            "closed": [gate.closed for gate in gates],
        }
        async with self._engine.connect() as connection:
            await connection.execute(_STORE, values)
