"""Tries to log in, in the database: all replicas count together, and a restart forgets none."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.logins import Door, Knock

# Writes rows that exist to themselves so that they are locked; in order, so that nobody waits in a
# circle. The row of a door never knocked at before is gone again when the transaction fails.
_KNOCK = text("""
    INSERT INTO login_door (digest, busy_until)
    SELECT digest, :now FROM unnest(CAST(:digests AS bytea[])) AS digest ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET busy_until = login_door.busy_until
    RETURNING digest, busy_until
""")
_COUNT = text("""
    UPDATE login_door SET busy_until = new.busy_until
    FROM unnest(CAST(:digests AS bytea[]), CAST(:instants AS timestamptz[]))
        AS new (digest, busy_until)
    WHERE login_door.digest = new.digest
""")
_TAKE_BACK = text("""
    WITH locked AS (
        SELECT digest FROM login_door WHERE digest = ANY(CAST(:digests AS bytea[]))
        ORDER BY digest FOR UPDATE
    )
    UPDATE login_door SET busy_until = login_door.busy_until - back.pause
    FROM unnest(CAST(:digests AS bytea[]), CAST(:pauses AS interval[])) AS back (digest, pause)
        JOIN locked USING (digest)
    WHERE login_door.digest = back.digest
""")
_KNOWN = text("SELECT 1 FROM login_known WHERE digest = :here AND until > :now")
_REMEMBER = text("""
    INSERT INTO login_known (digest, until) VALUES (:here, :until)
    ON CONFLICT (digest) DO UPDATE SET until = excluded.until
""")
_SWEEP = (
    text("""
        DELETE FROM login_door WHERE digest IN (
            SELECT digest FROM login_door WHERE busy_until <= :now FOR UPDATE SKIP LOCKED
        )
    """),
    text("DELETE FROM login_known WHERE until < :now"),
)


class SqlLogins:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def knock(self, knock: Knock, now: datetime) -> dict[Door, datetime]:
        doors = {digest: door for door, digest in knock.digests.items()}
        found = await self._connection.execute(_KNOCK, {"digests": list(doors), "now": now})
        return {doors[row.digest]: row.busy_until for row in found}

    async def is_known(self, knock: Knock, now: datetime) -> bool:
        found = await self._connection.execute(_KNOWN, {"here": knock.here, "now": now})
        return found.first() is not None

    async def count(self, knock: Knock, busy: Mapping[Door, datetime]) -> None:
        digests = [knock.digests[door] for door in busy]
        await self._connection.execute(
            _COUNT, {"digests": digests, "instants": list(busy.values())}
        )

    async def take_back(self, knock: Knock, pauses: Mapping[Door, timedelta]) -> None:
        digests = [knock.digests[door] for door in pauses]
        await self._connection.execute(
            _TAKE_BACK, {"digests": digests, "pauses": list(pauses.values())}
        )

    async def remember(self, knock: Knock, until: datetime) -> None:
        await self._connection.execute(_REMEMBER, {"here": knock.here, "until": until})

    async def forget_what_is_over(self, now: datetime) -> None:
        for statement in _SWEEP:
            await self._connection.execute(statement, {"now": now})
