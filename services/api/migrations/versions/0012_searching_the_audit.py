"""The audit is searched: by who, by what, by what it was done to, and by when."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Each with the order of the list. By instant alone: a span is narrow, and sorted when it is found.
UP = (
    "CREATE INDEX audit_user ON audit (user_id, id)",
    "CREATE INDEX audit_action ON audit (action, id)",
    "CREATE INDEX audit_subject ON audit (subject, id)",
    "CREATE INDEX audit_at ON audit (at)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX audit_user, audit_action, audit_subject, audit_at")
