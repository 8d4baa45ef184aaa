"""Grounds by number. Few are ever new, so the numbers are kept in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from services.stats.adapters.columns import of_grounds
from services.stats.domain.calls import Call
from shared.contracts.commands import Grounds

# A day of four hundred zones and a dozen mailings; some megabytes.
MOST_KEPT = 5_000

_FIELDS = """mailing_id, timezone, opens_at, closes_at, tzdata, text_revision, opens_offset,
    closes_offset"""
_TOLD = """
    unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[],
           $6::bigint[], $7::integer[], $8::integer[])
"""

_ADD = f"""
    INSERT INTO grounds ({_FIELDS}) SELECT * FROM {_TOLD} ON CONFLICT DO NOTHING
"""  # noqa: S608 - of constants

# In a statement of its own, which sees what another writer has just added. One by one by the index
# (LIMIT): to read the table from end to end took ten milliseconds a batch.
_NUMBERS = f"""
    SELECT place, found.id
    FROM {_TOLD} WITH ORDINALITY AS told ({_FIELDS}, place)
    CROSS JOIN LATERAL (
        SELECT id FROM grounds
        WHERE ({_FIELDS}) = (
            told.mailing_id, told.timezone, told.opens_at, told.closes_at, told.tzdata,
            told.text_revision, told.opens_offset, told.closes_offset
        )
        LIMIT 1
    ) AS found
"""  # noqa: S608 - of constants


class GroundsNumbers:
    """The numbers known to be committed."""

    def __init__(self) -> None:
        self._known: dict[Grounds, int] = {}

    def of(self, wanted: Collection[Grounds]) -> dict[Grounds, int]:
        return {each: self._known[each] for each in wanted if each in self._known}

    def remember(self, added: Mapping[Grounds, int]) -> None:
        """Once their transaction is committed."""
        if len(self._known) + len(added) > MOST_KEPT:
            self._known.clear()
        self._known.update(added)


async def add_grounds(
    connection: "asyncpg.Connection[Any]", grounds: Sequence[Grounds]
) -> dict[Grounds, int]:
    """Those that are there already keep their numbers."""
    values = of_grounds(grounds).values()
    await connection.execute(_ADD, *values)
    rows = await connection.fetch(_NUMBERS, *values)
    return {grounds[place - 1]: number for place, number in rows}


def distinct(calls: Iterable[Call]) -> dict[int, Grounds]:
    """By identity: calls of one message share the objects, so their fields need no comparing."""
    return {id(call.grounds): call.grounds for call in calls if call.grounds is not None}
