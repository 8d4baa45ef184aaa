"""Mail that waits to be sent, and what sets a new password."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = (
    # No text and no token: both are made when it is sent. Whether somebody has the address is found
    # then, too.
    """
    CREATE TABLE mail (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        email text NOT NULL,
        invitation_id bigint REFERENCES invitation ON DELETE CASCADE,
        language text NOT NULL,
        created_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        tries integer NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX mail_due ON mail (due_at)",
    "CREATE INDEX mail_invitation ON mail (invitation_id)",
    """
    CREATE TABLE password_reset (
        digest bytea PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES "user" ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX password_reset_of_user ON password_reset (user_id)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE password_reset, mail")
