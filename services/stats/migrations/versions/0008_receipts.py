"""What providers have heard of messages that they accepted.

Pre: the release before finds the same rows by the same index. The table of messages is written anew
meanwhile; events wait in the broker.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Where a provider sends receipts nearly every message is queued, sent, and delivered: its row is
# written anew each time, and no index (see 0005).
_ODD = """
    ALTER TABLE message DROP odd_status, ADD odd_status text COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN status IN ({common}) THEN NULL ELSE status END
    ) STORED
"""
_INDEXES = (
    """
    CREATE INDEX message_odd ON message (mailing_id, odd_status, id) WHERE odd_status IS NOT NULL
    """,
    """
    CREATE INDEX message_dead ON message (mailing_id, id)
    WHERE odd_status IN ('failed', 'unknown')
    """,
)

UP = (
    # Beside the messages: they may come first, and a provider that sends none costs nothing.
    """
    CREATE TABLE receipt (
        message_id bigint PRIMARY KEY,
        at timestamptz NOT NULL,
        heard_at timestamptz NOT NULL,
        waits boolean NOT NULL,
        status text COLLATE "C" NOT NULL,
        provider text COLLATE "C" NOT NULL,
        reason text
    )
    """,
    "CREATE INDEX receipt_waits ON receipt (message_id) WHERE waits",
    _ODD.format(common="'queued', 'sent', 'delivered'"),
    *_INDEXES,
)

DOWN = (
    "DROP TABLE receipt",
    _ODD.format(common="'queued', 'sent'"),
    *_INDEXES,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
