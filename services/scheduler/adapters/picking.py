"""Picking the next clients of waves, in the order of the waves, then of client ids.

A large audience is found in its zones, client by client behind the cursors. A small one would be
looked for among everybody there is: it is found at once by its tags, or by its list of members.
"""

from collections.abc import Sequence

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.adapters.directory import IN_FROZEN, MATCHES, filter_parameters
from services.scheduler.adapters.rows import recipient_of
from services.scheduler.domain.revisions import is_frozen
from services.scheduler.domain.sharing import TURN
from services.scheduler.domain.turns import OpenWave, Picked
from services.scheduler.domain.wording import is_plain
from shared.contracts.mailings import MailingChanged

# An audience of no more is gone through member by member, in a few thousandths of a second.
FEW = 20_000
# So many clients are read by the index on tags in the time of one that is read in a zone's order.
CHEAPER = 5

_WAVES = """
    unnest(CAST(:zones AS text[]), CAST(:cursors AS bigint[]))
        WITH ORDINALITY AS w (zone, cursor, turn)
"""
_CLIENT = "c.id, c.revision, c.phone AS address, c.blocked"
# What only a template needs.
_RECIPIENT = ", c.phone, c.email, c.name, c.attributes, c.operator_code, c.tags"


def _from_zones(columns: str, meant: str) -> TextClause:
    return text(
        f"""
        SELECT w.zone, c.* FROM {_WAVES} CROSS JOIN LATERAL (
            SELECT {_CLIENT}{columns} FROM client c
            WHERE c.timezone = w.zone AND NOT c.deleted AND c.id > w.cursor AND {meant}
            ORDER BY c.id LIMIT :limit
        ) AS c
        ORDER BY w.turn, c.id LIMIT :limit
        """  # noqa: S608 - constants of this module and another
    )


def _from_tagged(columns: str) -> TextClause:
    return text(
        f"""
        SELECT w.zone, {_CLIENT}{columns}
        FROM {_WAVES} JOIN client c ON c.timezone = w.zone AND c.id > w.cursor
        WHERE NOT c.deleted AND {MATCHES}
        ORDER BY w.turn, c.id LIMIT :limit
        """  # noqa: S608 - constants of this module and another
    )


def _from_members(columns: str) -> TextClause:
    """Looks the members up one by one (LIMIT), whatever the planner believes of new tables."""
    return text(
        f"""
        WITH member AS MATERIALIZED (
            SELECT c.* FROM frozen f CROSS JOIN LATERAL (
                SELECT {_CLIENT}{columns}, c.timezone AS now_in, c.deleted
                FROM client c WHERE c.id = f.client_id LIMIT 1
            ) AS c
            WHERE f.mailing_id = :mailing AND NOT c.deleted
        )
        SELECT w.zone, c.id, c.revision, c.address, c.blocked{columns}
        FROM {_WAVES} JOIN member c ON c.now_in = w.zone AND c.id > w.cursor
        ORDER BY w.turn, c.id LIMIT :limit
        """  # noqa: S608 - constants of this module
    )


_LIVE = {plain: _from_zones("" if plain else _RECIPIENT, MATCHES) for plain in (True, False)}
_TAGGED = {plain: _from_tagged("" if plain else _RECIPIENT) for plain in (True, False)}
_MANY = {plain: _from_zones("" if plain else _RECIPIENT, IN_FROZEN) for plain in (True, False)}
_FEW = {plain: _from_members("" if plain else _RECIPIENT) for plain in (True, False)}
_MEMBERS = text(
    "SELECT count(*) FROM (SELECT FROM frozen WHERE mailing_id = :mailing LIMIT :most) AS members"
)
# A zone is read from its cursor on, in the order of its index, and no further than the turn goes.
# The planner takes every zone for one of average size: in one that holds half of all clients it
# would read and sort all who are left, turn after turn.
_IN_ORDER = text("SET LOCAL enable_bitmapscan = off")
# All who bear the tags, and of these the ones of the zones: the planner would rather look through
# the zones, client by client.
_BY_TAGS = text("SET LOCAL enable_nestloop = off")
# The audience as the plan has counted it, and all clients as PostgreSQL guesses.
_SHARE = text(
    """
    SELECT sum(size) AS audience,
        (SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = CAST('client' AS regclass))
            AS clients
    FROM wave WHERE mailing_id = :mailing
    """
)


async def pick(
    connection: AsyncConnection, mailing: MailingChanged, waves: Sequence[OpenWave], limit: int
) -> list[Picked]:
    """At most ``limit`` clients behind the waves' cursors, as the copy has them now. The connection
    is in a transaction."""
    plain = is_plain(mailing.spec.text)
    parameters = {
        "zones": [wave.zone for wave in waves],
        "cursors": [wave.cursor for wave in waves],
        "limit": limit,
    }
    if is_frozen(mailing.spec):
        statements = await _for_frozen(connection, mailing.mailing_id)
        parameters["mailing"] = mailing.mailing_id
    else:
        statements = await _for_live(connection, mailing)
        parameters |= filter_parameters(mailing.spec.filter)
    if statements is not _FEW:
        await connection.execute(_BY_TAGS if statements is _TAGGED else _IN_ORDER)
    rows = await connection.execute(statements[plain], parameters)
    if plain:
        return [Picked(*row) for row in rows]
    return [
        Picked(
            row.zone, row.id, row.revision, row.address, row.blocked, recipient_of(row, row.zone)
        )
        for row in rows
    ]


async def _for_live(connection: AsyncConnection, mailing: MailingChanged) -> dict[bool, TextClause]:
    if mailing.spec.filter.tags is None:
        return _LIVE
    row = (await connection.execute(_SHARE, {"mailing": mailing.mailing_id})).one()
    return _TAGGED if is_small(row.audience or row.clients, row.clients, TURN) else _LIVE


def is_small(audience: int, clients: int, turn: int) -> bool:
    """Whether a turn looks at fewer when it goes through the whole audience, found by its tags,
    than when it goes through the zones until it has found its own."""
    return audience <= FEW or audience**2 <= turn * clients * CHEAPER


async def _for_frozen(connection: AsyncConnection, mailing_id: int) -> dict[bool, TextClause]:
    key = {"mailing": mailing_id, "most": FEW + 1}
    members = await connection.scalar(_MEMBERS, key)
    return _MANY if members is None or members > FEW else _FEW
