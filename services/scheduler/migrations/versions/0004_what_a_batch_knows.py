"""A batch knows what it was written from, so that one published late says what it said first."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = (
    # Rows of the release before have none of it: they count as changed since.
    """
    ALTER TABLE batch
        ADD mailing_revision bigint, ADD client_revisions bigint[], ADD detail text,
        ADD written_at timestamptz NOT NULL DEFAULT now()
    """,
    # A mailing's turn takes what it has held, those due first before the others.
    """
    CREATE INDEX message_held_of_mailing ON message (mailing_id, due_at, id)
    WHERE state = 'held'
    """,
)

DOWN = (
    "DROP INDEX message_held_of_mailing",
    """
    ALTER TABLE batch
        DROP mailing_revision, DROP client_revisions, DROP detail, DROP written_at
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
