"""Dead letters are found by their causes; the dispatches without which a mailing has not ended."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = (
    # What the newest call of one that failed, or is unknown, was answered with; of no other.
    "ALTER TABLE message ADD http_status smallint",
    """
    UPDATE message SET http_status = attempt.http_status FROM attempt
    WHERE message.status IN ('failed', 'unknown') AND attempt.message_id = message.id
      AND attempt.dispatch = message.dispatch AND attempt.attempt = message.attempt
      AND attempt.kind = message.status
    """,
    # A message that succeeds is never in it, so that it costs what failures there are.
    """
    CREATE INDEX message_dead ON message (mailing_id, id) WHERE status IN ('failed', 'unknown')
    """,
    # The sum of all messages' dispatches as of the emission, where some had been brought back.
    "ALTER TABLE mailing ADD emitted_dispatches bigint",
)

DOWN = (
    "ALTER TABLE mailing DROP emitted_dispatches",
    "DROP INDEX message_dead",
    "ALTER TABLE message DROP http_status",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
