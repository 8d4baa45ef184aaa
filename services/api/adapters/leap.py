"""A database restored to an older moment, made fit for what the others have seen since.

They take a state only if its revision is higher than the one they know, and remember how far the
events have come; and what was made since has an id that must not be given out again. So everything
leaps ahead, further than it can have come between any backup and its restore.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

# No client and no mailing is changed a million times in between; the others keep some as 32 bits.
REVISIONS = 1_000_000
# Ids, and the positions of events: imports make them by the million.
PLACES = 1_000_000_000

_CLIENTS = text("UPDATE client SET revision = revision + :leap")
_MAILINGS = text("UPDATE mailing SET revision = revision + :leap")
# The history of a mailing shows what it is now under its present number.
_HISTORY = text(
    """
    INSERT INTO mailing_revision (mailing_id, revision, state, spec, changed_at)
    SELECT id, revision, state, spec, now() FROM mailing
    """
)
_PLACES = text(
    """
    SELECT setval(CAST(quote_ident(schemaname) || '.' || quote_ident(sequencename) AS regclass),
                  coalesce(last_value, 0) + :leap)
    FROM pg_sequences WHERE schemaname = 'public'
    """
)


async def leap(engine: AsyncEngine) -> None:
    """To be done once after each restore, before the api runs on the database."""
    async with engine.begin() as connection:
        await connection.execute(_CLIENTS, {"leap": REVISIONS})
        await connection.execute(_MAILINGS, {"leap": REVISIONS})
        await connection.execute(_HISTORY)
        await connection.execute(_PLACES, {"leap": PLACES})
