"""Rows of messages and of calls as values: many are written by one statement."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Of no table: a column that is added to one is not expected of those who do not know it.
UP = (
    """
    CREATE TYPE standing AS (
        id bigint, mailing_id bigint, client_id bigint, timezone text, status text,
        dispatch integer, attempt smallint, step smallint, reason text, detail text,
        sent_at timestamptz, updated_at timestamptz, next_attempt_at timestamptz,
        http_status smallint
    )
    """,
    """
    CREATE TYPE call AS (
        message_id bigint, dispatch integer, attempt smallint, kind text, at timestamptz,
        http_status smallint, latency_ms integer, reason text, detail text, text_sha256 bytea,
        grounds_id integer
    )
    """,
)

DOWN = ("DROP TYPE call, standing",)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
