"""By which grounds a call was made, and what it said; every call of an attempt is kept."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = (
    # Written once for all calls that share them. The offsets (seconds east of UTC) are those of the
    # zone's clock as the planner found them in this release of the tz database.
    """
    CREATE TABLE grounds (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        mailing_id bigint NOT NULL,
        timezone text COLLATE "C" NOT NULL,
        opens_at timestamptz NOT NULL,
        opens_offset integer NOT NULL,
        closes_at timestamptz NOT NULL,
        closes_offset integer NOT NULL,
        tzdata text COLLATE "C" NOT NULL,
        text_revision bigint NOT NULL,
        UNIQUE (mailing_id, timezone, opens_at, closes_at, text_revision,
                opens_offset, closes_offset, tzdata)
    )
    """,
    # No foreign key: it would look up the same few rows for every call.
    "ALTER TABLE attempt ADD grounds_id integer, ADD text_sha256 bytea",
    # A call that was throttled, or failed in an outage, uses up no attempt: the next one has its
    # number, and only their times tell them apart. A redelivered event has its time again.
    """
    ALTER TABLE attempt DROP CONSTRAINT attempt_pkey,
        ADD PRIMARY KEY (message_id, dispatch, attempt, at)
    """,
)

DOWN = (
    """
    DELETE FROM attempt AS later USING attempt AS first
    WHERE later.message_id = first.message_id AND later.dispatch = first.dispatch
      AND later.attempt = first.attempt AND later.kind = first.kind AND later.at > first.at
    """,
    """
    ALTER TABLE attempt DROP CONSTRAINT attempt_pkey,
        ADD PRIMARY KEY (message_id, dispatch, attempt, kind)
    """,
    "ALTER TABLE attempt DROP grounds_id, DROP text_sha256",
    "DROP TABLE grounds",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
