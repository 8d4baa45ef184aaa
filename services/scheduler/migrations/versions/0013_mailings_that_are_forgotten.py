"""Mailings whose messages are not kept any longer."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # forget_at: since when they are to go; forgotten_at: since when they are gone, and stats knows.
    op.execute("ALTER TABLE mailing ADD forget_at timestamptz, ADD forgotten_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE mailing DROP forget_at, DROP forgotten_at")
