"""Logging in through an OpenID provider."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE oidc_account (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_id bigint NOT NULL REFERENCES "user" ON DELETE CASCADE,
        linked_at timestamptz NOT NULL,
        PRIMARY KEY (issuer, subject)
    )
    """,
    "CREATE INDEX oidc_account_of ON oidc_account (user_id)",
    # Under way: from the moment when a browser is sent to the provider until it is back.
    """
    CREATE TABLE oidc_login (
        digest bytea PRIMARY KEY,
        page text,
        challenge text,
        state text,
        expires_at timestamptz NOT NULL
    )
    """,
    # Codes that a page was given; it brings them at once.
    """
    CREATE TABLE oidc_code (
        digest bytea PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES "user" ON DELETE CASCADE,
        page text NOT NULL,
        challenge text NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX oidc_code_of ON oidc_code (user_id)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE oidc_code, oidc_login, oidc_account")
