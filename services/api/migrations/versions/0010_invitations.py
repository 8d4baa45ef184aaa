"""Invitations: who may make themselves an account, and as what."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = (
    # One that is used or revoked is removed; the audit tells of it.
    """
    CREATE TABLE invitation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        email text NOT NULL,
        role text NOT NULL,
        may_launch boolean NOT NULL,
        departments bigint[] NOT NULL,
        invited_by bigint REFERENCES "user" ON DELETE SET NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    # Several open the same one: that which the administrator was told, that of a mail.
    """
    CREATE TABLE invitation_token (
        digest bytea PRIMARY KEY,
        invitation_id bigint NOT NULL REFERENCES invitation ON DELETE CASCADE
    )
    """,
    "CREATE INDEX invitation_token_of ON invitation_token (invitation_id)",
    "CREATE INDEX invitation_invited_by ON invitation (invited_by)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE invitation_token, invitation")
