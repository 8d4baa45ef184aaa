"""What is claimed and what is recorded as values; room on a page for all that its rows become."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of no table: a column that is added to one is not expected of those who do not know it.
UP = (
    """
    CREATE TYPE claim AS (
        message_id bigint, mailing_id bigint, client_id bigint, timezone text, dispatch integer,
        attempt integer, uncertain boolean, mailing_revision bigint, client_revision bigint,
        not_after timestamptz
    )
    """,
    """
    CREATE TYPE called AS (
        message_id bigint, dispatch integer, attempt integer, state text, due integer,
        uncertain boolean, happened_at timestamptz, reason text, detail text,
        http_status integer, latency_ms integer, next_attempt_at timestamptz
    )
    """,
    # A row that is recorded is longer than the claim it was: at 60 a third of them had to move to
    # another page, with a new entry in the index, and the table was no smaller for it.
    "ALTER TABLE ledger SET (fillfactor = 45)",
)

DOWN = ("ALTER TABLE ledger SET (fillfactor = 60)", "DROP TYPE called, claim")


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
