"""Keys of requests that are done once (services/api/domain/once.py), with their answers."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = (
    # Digests: key, of what the caller calls it; head, of method and path; body. No reference to the
    # user: whoever removes themselves is told so, and everything is gone a day later. about: the
    # client whom the answer tells of; it goes with them.
    """
    CREATE TABLE request_key (
        user_id bigint NOT NULL,
        key bytea NOT NULL,
        head bytea NOT NULL,
        body bytea,
        holder bytea NOT NULL,
        held_until timestamptz NOT NULL,
        taken_at timestamptz NOT NULL,
        done_at timestamptz,
        status smallint,
        headers jsonb,
        answer bytea,
        about text,
        PRIMARY KEY (user_id, key)
    )
    """,
    "CREATE INDEX request_key_taken ON request_key (taken_at)",
    "CREATE INDEX request_key_about ON request_key (about) WHERE about IS NOT NULL",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE request_key")
