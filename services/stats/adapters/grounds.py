"""Grounds by number. Few are ever new, so the numbers are kept in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.stats.adapters.columns import of_grounds
from services.stats.domain.calls import Call
from shared.contracts.commands import Grounds

# A day of four hundred zones and a dozen mailings; some megabytes.
MOST_KEPT = 5_000

_TOLD = """
    unnest(CAST(:mailing_id AS bigint[]), CAST(:timezone AS text[]),
           CAST(:opens_at AS timestamptz[]), CAST(:opens_offset AS integer[]),
           CAST(:closes_at AS timestamptz[]), CAST(:closes_offset AS integer[]),
           CAST(:tzdata AS text[]), CAST(:text_revision AS bigint[]))
"""
_FIELDS = """mailing_id, timezone, opens_at, opens_offset, closes_at, closes_offset, tzdata,
    text_revision"""

_ADD = text(
    f"""
    INSERT INTO grounds ({_FIELDS}) SELECT * FROM {_TOLD} ON CONFLICT DO NOTHING
    """  # noqa: S608 - of constants
)

# In a statement of its own, which sees what another writer has just added.
_NUMBERS = text(
    f"""
    SELECT place, grounds.id
    FROM {_TOLD} WITH ORDINALITY AS told ({_FIELDS}, place) JOIN grounds USING ({_FIELDS})
    """  # noqa: S608 - of constants
)


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
    connection: AsyncConnection, grounds: Sequence[Grounds]
) -> dict[Grounds, int]:
    """Those that are there already keep their numbers."""
    values = of_grounds(grounds)
    await connection.execute(_ADD, values)
    rows = await connection.execute(_NUMBERS, values)
    return {grounds[row.place - 1]: row.id for row in rows}


def distinct(calls: Iterable[Call]) -> dict[int, Grounds]:
    """By identity: calls of one message share the objects, so their fields need no comparing."""
    return {id(call.grounds): call.grounds for call in calls if call.grounds is not None}
