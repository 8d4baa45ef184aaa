"""The position of the last event about clients that the copy holds."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE control ADD clients_position bigint NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE control DROP clients_position")
