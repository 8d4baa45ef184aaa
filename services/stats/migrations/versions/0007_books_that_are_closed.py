"""Books that stay as they are, whatever is still told of their messages."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE mailing ADD closed_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE mailing DROP closed_at")
