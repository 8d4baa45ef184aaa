"""Mailings of which it is not known any longer what became of each message."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE mailing ADD forgotten_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE mailing DROP forgotten_at")
