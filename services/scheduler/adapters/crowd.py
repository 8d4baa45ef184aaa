"""Clients, and how many there are of each kind, written together.

``crowd`` counts the clients of every zone, operator code and set of tags: all that a filter can
tell apart. A plan adds up its rows, and so costs the same whether a kind has one client or a
million. It is kept by differences, in the statement that writes the clients.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.adapters.messages_sql import sha256_of
from shared.contracts.directory import ClientState

# Arrays of arrays cannot be unnested; tags hold no control characters.
BETWEEN_TAGS = "\x1f"

# A difference is to a state that nobody else is changing: the leader and a rebuild write at the
# same time. Another lock than the leader's.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(2)")
# Returns the kinds of which nobody is left. The states before are looked up one by one (LIMIT): a
# join would scan all clients for a batch.
_WRITE = text(
    f"""
    WITH given AS (
        SELECT id, revision, deleted, phone, operator_code, timezone,
            string_to_array(tags, '{BETWEEN_TAGS}') AS tags, email, name, attributes, blocked
        FROM unnest(
            CAST(:ids AS bigint[]), CAST(:revisions AS bigint[]), CAST(:deleted AS boolean[]),
            CAST(:phones AS text[]), CAST(:codes AS text[]), CAST(:zones AS text[]),
            CAST(:tags AS text[]), CAST(:emails AS text[]), CAST(:names AS text[]),
            CAST(:attributes AS text[]), CAST(:blocked AS boolean[])
        ) AS s (id, revision, deleted, phone, operator_code, timezone, tags,
                email, name, attributes, blocked)
    ), before AS (
        SELECT c.* FROM given CROSS JOIN LATERAL (
            SELECT id, deleted, timezone, operator_code, tags FROM client
            WHERE client.id = given.id LIMIT 1
        ) AS c
        WHERE NOT c.deleted
    ), written AS (
        INSERT INTO client AS c
            (id, revision, deleted, phone, operator_code, timezone, tags, email, name, attributes,
             blocked)
        SELECT id, revision, deleted, phone, operator_code, timezone, tags, email, name, attributes,
            blocked
        FROM given
        ON CONFLICT (id) DO UPDATE SET
            revision = excluded.revision, deleted = excluded.deleted, phone = excluded.phone,
            operator_code = excluded.operator_code, timezone = excluded.timezone,
            tags = excluded.tags, email = excluded.email, name = excluded.name,
            attributes = excluded.attributes, blocked = excluded.blocked
        WHERE c.revision < excluded.revision
        RETURNING id, deleted, timezone, operator_code, tags
    ), difference AS (
        SELECT timezone, operator_code, tags, sum(clients) AS clients FROM (
            SELECT timezone, operator_code, tags, 1 AS clients FROM written WHERE NOT deleted
            UNION ALL
            SELECT b.timezone, b.operator_code, b.tags, -1
            FROM before b JOIN written w ON w.id = b.id
        ) AS moved
        GROUP BY timezone, operator_code, tags HAVING sum(clients) <> 0
    ), counted AS (
        INSERT INTO crowd AS k (timezone, operator_code, tags, clients)
        SELECT timezone, operator_code, tags, clients FROM difference
        ON CONFLICT (timezone, operator_code, tags) DO UPDATE
            SET clients = k.clients + excluded.clients
        RETURNING timezone, operator_code, tags, clients
    )
    SELECT timezone, operator_code, tags FROM counted WHERE clients = 0
    """  # noqa: S608 - a constant of this module
)
# What was said to somebody in their own words goes with them: nobody says it again. That something
# was said stays known.
_FORGET_TEXTS = text(
    f"""
    UPDATE message SET text = NULL, text_sha256 = {sha256_of("text")}
    WHERE client_id = ANY (CAST(:ids AS bigint[])) AND text IS NOT NULL
    """  # noqa: S608 - of constants
)
# Messages of theirs that wait for another opening are judged anew now, not then.
_LOOK_AGAIN = text(
    """
    WITH RECURSIVE holding (mailing_id) AS (
        SELECT min(mailing_id) FROM message WHERE state = 'held'
        UNION ALL
        SELECT (
            SELECT min(m.mailing_id) FROM message m
            WHERE m.state = 'held' AND m.mailing_id > h.mailing_id
        )
        FROM holding h WHERE h.mailing_id IS NOT NULL
    )
    UPDATE message m SET due_at = least(m.due_at, m.returned_at)
    FROM holding h
    WHERE m.mailing_id = h.mailing_id AND m.client_id = ANY (CAST(:ids AS bigint[]))
        AND m.state = 'held'
    """
)
_FORGET = text(
    f"""
    DELETE FROM crowd k
    USING unnest(CAST(:zones AS text[]), CAST(:codes AS text[]), CAST(:tags AS text[]))
        AS s (zone, code, tags)
    WHERE k.timezone = s.zone AND k.operator_code = s.code
        AND k.tags = string_to_array(s.tags, '{BETWEEN_TAGS}') AND k.clients = 0
    """  # noqa: S608 - a constant of this module
)


async def write_clients(connection: AsyncConnection, clients: Sequence[ClientState]) -> None:
    """Keeps each state that is newer than the one there is; each client once."""
    await connection.execute(ONE_AT_A_TIME)
    gone = (await connection.execute(_WRITE, _columns(clients))).all()
    blocked = [c.id for c in clients if c.blocked]
    if blocked:
        await connection.execute(_LOOK_AGAIN, {"ids": blocked})
    if gone:
        kinds = {
            "zones": [zone for zone, _, _ in gone],
            "codes": [code for _, code, _ in gone],
            "tags": [BETWEEN_TAGS.join(tags) for _, _, tags in gone],
        }
        await connection.execute(_FORGET, kinds)
    deleted = [c.id for c in clients if c.deleted]
    if deleted:  # last: whoever keeps a text has their row, or finds it deleted
        await connection.execute(_FORGET_TEXTS, {"ids": deleted})


def _columns(clients: Sequence[ClientState]) -> dict[str, list[Any]]:
    return {
        "ids": [c.id for c in clients],
        "revisions": [c.revision for c in clients],
        "deleted": [c.deleted for c in clients],
        "phones": [c.phone for c in clients],
        "codes": [c.operator_code for c in clients],
        "zones": [c.timezone for c in clients],
        "tags": [BETWEEN_TAGS.join(c.tags) for c in clients],
        "emails": [c.email for c in clients],
        "names": [c.name for c in clients],
        "attributes": [json.dumps(c.attributes) if c.attributes else None for c in clients],
        "blocked": [c.blocked for c in clients],
    }
