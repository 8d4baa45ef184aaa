"""Changes of many clients at once: whom they are about, and how far they are."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP = (
    # position: the id of the last client who was looked at; last_id: of the last who will be. whom:
    # the filter (services.api.domain.bulk.Whom), without its phones when it has ended; phones: how
    # many it named.
    """
    CREATE TABLE bulk (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
        action text NOT NULL CHECK (action IN ('tag', 'untag', 'delete')),
        tags text[] NOT NULL,
        whom jsonb NOT NULL,
        phones integer NOT NULL,
        dry_run boolean NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        last_id bigint NOT NULL,
        matched bigint NOT NULL DEFAULT 0,
        changed bigint NOT NULL DEFAULT 0,
        refused bigint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        finished_at timestamptz
    )
    """,
    "CREATE INDEX bulk_unfinished ON bulk (id) WHERE state = 'running'",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE bulk")
