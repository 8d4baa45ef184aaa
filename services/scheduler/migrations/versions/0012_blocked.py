"""Who is sent nothing."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE client ADD blocked boolean NOT NULL DEFAULT false",
    # Counted for every plan; they are few.
    "CREATE INDEX client_blocked ON client (timezone, id) WHERE blocked AND NOT deleted",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX client_blocked")
    op.execute("ALTER TABLE client DROP blocked")
