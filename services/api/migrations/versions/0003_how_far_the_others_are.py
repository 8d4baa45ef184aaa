"""The position of the last event about clients that has left the outbox."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE relayed (clients bigint NOT NULL)")
    op.execute("INSERT INTO relayed VALUES (0)")


def downgrade() -> None:
    op.execute("DROP TABLE relayed")
