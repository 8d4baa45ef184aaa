"""The statements about receipts."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from services.stats.adapters.columns import STATUSES
from services.stats.domain.receipts import AT_THE_PROVIDER, Receipt

MAILINGS_OF = """
    SELECT DISTINCT message.mailing_id
    FROM unnest($1::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT mailing_id FROM message WHERE message.id = wanted.id OFFSET 0
    ) AS message
"""

_COLUMNS = "message_id, status, at, reason, provider, waits"
OF_MESSAGES = f"""
    SELECT {_COLUMNS} FROM receipt WHERE message_id = ANY($1::bigint[])
"""  # noqa: S608 - of constants

# Two may write of a message that nobody has heard of: the weightier stays, as ``Receipt.weight``
# has it, and one that counts before the same that waits.
PUT = f"""
    INSERT INTO receipt ({_COLUMNS}, heard_at)
    SELECT *, $7::timestamptz FROM unnest(
        $1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::boolean[])
    ON CONFLICT (message_id) DO UPDATE SET
        status = excluded.status, at = excluded.at, reason = excluded.reason,
        provider = excluded.provider, waits = excluded.waits
    WHERE (excluded.status = 'delivered', excluded.at, coalesce(excluded.reason, ''),
           excluded.provider, NOT excluded.waits)
        > (receipt.status = 'delivered', receipt.at, coalesce(receipt.reason, ''),
           receipt.provider, NOT receipt.waits)
"""  # noqa: S608 - of constants

# A page of those that wait, and whether what their message has come to lets them count.
WAITING = f"""
    SELECT page.*, message.status IS NOT NULL
        AND (page.status = 'delivered' OR message.status = ANY($3::text[])) AS is_ripe
    FROM (
        SELECT {_COLUMNS} FROM receipt WHERE waits AND message_id > $1
        ORDER BY message_id LIMIT $2
    ) AS page
    LEFT JOIN LATERAL (
        SELECT status FROM message WHERE message.id = page.message_id OFFSET 0
    ) AS message ON true
    ORDER BY page.message_id
"""  # noqa: S608 - of constants

RIPE_AT = sorted(AT_THE_PROVIDER)


def receipt(row: asyncpg.Record) -> Receipt:
    """A row that begins with the columns of ``receipt`` in the order of Receipt's fields."""
    message_id, status, *rest = row[: len(Receipt._fields)]
    return Receipt(message_id, STATUSES[status], *rest)


def columns(receipts: Sequence[Receipt]) -> list[Sequence[Any]]:
    """In the order of their ids, as all locks are taken."""
    return [list(column) for column in zip(*sorted(receipts), strict=True)]
