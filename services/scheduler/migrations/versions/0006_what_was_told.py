"""When a message's row was last told of, and the sentence that was said of its end."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # NULL: by the release before, or by nobody. Stats hears of it again when its store was lost.
    op.execute("ALTER TABLE message ADD told_at timestamptz, ADD detail text")


def downgrade() -> None:
    op.execute("ALTER TABLE message DROP told_at, DROP detail")
