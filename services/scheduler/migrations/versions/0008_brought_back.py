"""Messages that had ended at the senders and are sent again, some with a deadline of their own."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = (
    # ends_at: in place of the mailing's, written as that is. text_sha256: of the text of a call
    # that may have been accepted, where the text itself is not known here.
    "ALTER TABLE message ADD ends_at text, ADD text_sha256 text",
    "ALTER TABLE batch ADD ends_at text",
    # Nearly always empty: held messages are looked for by their deadlines in every round.
    """
    CREATE INDEX message_held_apart ON message (mailing_id, ends_at)
    WHERE state = 'held' AND ends_at IS NOT NULL
    """,
    # Whether any of its messages that were at an end has been taken up again.
    "ALTER TABLE mailing ADD brought_back boolean NOT NULL DEFAULT false",
)

DOWN = (
    "ALTER TABLE mailing DROP brought_back",
    "DROP INDEX message_held_apart",
    "ALTER TABLE batch DROP ends_at",
    "ALTER TABLE message DROP ends_at, DROP text_sha256",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
