"""API tokens; when a session was last refreshed; the token with which something was done."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = (
    # digest: SHA-256 of the token, which is nowhere else.
    """
    CREATE TABLE api_token (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES "user" ON DELETE CASCADE,
        name text NOT NULL,
        digest bytea NOT NULL UNIQUE,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        last_used_at timestamptz
    )
    """,
    "CREATE INDEX api_token_of_user ON api_token (user_id, id)",
    "ALTER TABLE session ADD refreshed_at timestamptz",
    # No reference: what was done stays told when the token is gone.
    "ALTER TABLE audit ADD token_id bigint",
)

DOWN = (
    "ALTER TABLE audit DROP token_id",
    "ALTER TABLE session DROP refreshed_at",
    "DROP TABLE api_token",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
