"""Who is sent nothing."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = (
    # Beside the clients and not a column of theirs: the release before takes their rows as a whole.
    """
    CREATE TABLE block (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        client_id bigint NOT NULL REFERENCES client ON DELETE CASCADE,
        source text NOT NULL,
        reason text,
        created_by bigint REFERENCES "user" ON DELETE SET NULL,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX block_of_client ON block (client_id)",
    "CREATE INDEX block_created_by ON block (created_by)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE block")
