"""When the calls of a mailing were last forgotten, where they are not kept for ever."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE mailing ADD calls_forgotten_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE mailing DROP calls_forgotten_at")
