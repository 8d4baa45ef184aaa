"""Tries to log in, counted; and the addresses from which users have logged in.

Digests stand for accounts and addresses: what somebody types at the door may be anything.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rows live for minutes. What is free again is swept by its instant.
    op.execute(
        "CREATE TABLE login_door (digest bytea PRIMARY KEY, busy_until timestamptz NOT NULL)"
    )
    op.execute("CREATE TABLE login_known (digest bytea PRIMARY KEY, until timestamptz NOT NULL)")


def downgrade() -> None:
    op.execute("DROP TABLE login_known")
    op.execute("DROP TABLE login_door")
