"""Clients by their last change."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an import writes has one instant, so all of it goes to one end: half a microsecond of the
    # eight that a row costs. Without it every page sorts everybody.
    op.execute("CREATE INDEX client_updated ON client (updated_at, id)")


def downgrade() -> None:
    op.execute("DROP INDEX client_updated")
