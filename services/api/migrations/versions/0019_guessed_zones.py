"""Time zones that were guessed from the number."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE client ADD timezone_guessed boolean NOT NULL DEFAULT false",
    # Those alone, for whoever goes through them: it costs the others nothing.
    "CREATE INDEX client_guessed ON client (id) WHERE timezone_guessed",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE client DROP timezone_guessed")
