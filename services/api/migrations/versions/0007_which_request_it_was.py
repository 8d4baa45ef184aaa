"""The audit tells which request it was, by the id that the logs have too."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE audit ADD request_id text")


def downgrade() -> None:
    op.execute("ALTER TABLE audit DROP request_id")
