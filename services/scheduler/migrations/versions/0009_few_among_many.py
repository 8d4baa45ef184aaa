"""Clients are found by their tags, and open waves by the instant until which they must begin."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = (
    # A small audience would else be looked for among all clients.
    "CREATE INDEX client_tagged ON client USING gin (tags) WHERE NOT deleted",
    # Only mailings with a greatest lateness have it.
    """
    CREATE INDEX wave_begin_by ON wave (begin_by)
    WHERE phase = 'open' AND begin_by IS NOT NULL
    """,
)

DOWN = ("DROP INDEX wave_begin_by", "DROP INDEX client_tagged")


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
