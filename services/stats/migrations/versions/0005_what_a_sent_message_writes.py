"""A message that is sent as planned is written anew in its table only, and in no index.

Pre, although indexes go: the release before finds the same rows by others, lists by status more
slowly. The table is written anew meanwhile; events wait in the broker.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# PostgreSQL leaves all indexes alone when no indexed column has changed and the new version of the
# row has room beside the old one. So the status is in none of them; nearly all messages are queued
# and then sent, and whatever else becomes of one is found by its status all the same.
UP = (
    """
    ALTER TABLE message ADD odd_status text COLLATE "C" GENERATED ALWAYS AS (
        CASE status WHEN 'queued' THEN NULL WHEN 'sent' THEN NULL ELSE status END
    ) STORED
    """,
    "ALTER TABLE message SET (fillfactor = 50)",
    "DROP INDEX message_list, message_dead",
    "CREATE INDEX message_list ON message (mailing_id, id)",
    """
    CREATE INDEX message_odd ON message (mailing_id, odd_status, id) WHERE odd_status IS NOT NULL
    """,
    """
    CREATE INDEX message_dead ON message (mailing_id, id)
    WHERE odd_status IN ('failed', 'unknown')
    """,
)

DOWN = (
    "DROP INDEX message_list, message_odd, message_dead",
    "ALTER TABLE message RESET (fillfactor)",
    "ALTER TABLE message DROP odd_status",
    "CREATE INDEX message_list ON message (mailing_id, status, id)",
    """
    CREATE INDEX message_dead ON message (mailing_id, id) WHERE status IN ('failed', 'unknown')
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
