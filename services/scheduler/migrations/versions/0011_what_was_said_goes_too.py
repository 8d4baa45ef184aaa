"""What was perhaps said to a client in their own words goes with them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = (
    # Few: of calls alone whose answer was lost.
    "CREATE INDEX message_said ON message (client_id) WHERE text IS NOT NULL",
    """
    UPDATE message m SET text = NULL FROM client c
    WHERE m.text IS NOT NULL AND c.id = m.client_id AND c.deleted
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX message_said")
