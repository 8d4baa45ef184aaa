"""When a mailing began and ended, all that it has been, and trials of its text."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE mailing ADD started_at timestamptz, ADD finished_at timestamptz",
    # Nobody noted it: the last that happened to a running mailing was its start, for most of them,
    # and to a finished one its end.
    "UPDATE mailing SET started_at = updated_at WHERE state = 'running'",
    "UPDATE mailing SET finished_at = updated_at WHERE state = 'finished'",
    # Every revision, so that the text which somebody got can be shown after it was changed.
    """
    CREATE TABLE mailing_revision (
        mailing_id bigint NOT NULL REFERENCES mailing ON DELETE CASCADE,
        revision bigint NOT NULL,
        state text NOT NULL
            CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'finished', 'cancelled')),
        spec jsonb NOT NULL,
        changed_at timestamptz NOT NULL,
        changed_by bigint,  -- the user; they may be gone
        PRIMARY KEY (mailing_id, revision)
    )
    """,
    # Of what came before only the last is known.
    """
    INSERT INTO mailing_revision (mailing_id, revision, state, spec, changed_at)
    SELECT id, revision, state, spec, updated_at FROM mailing
    """,
    # id: the message's. The phone goes with the client whose number it is.
    """
    CREATE TABLE trial (
        id bigint PRIMARY KEY,
        mailing_id bigint NOT NULL REFERENCES mailing ON DELETE CASCADE,
        revision bigint NOT NULL,
        client_id bigint,
        phone text COLLATE "C",
        requested_at timestamptz NOT NULL,
        requested_by bigint
    )
    """,
    "CREATE INDEX trial_phone ON trial (phone)",
)

DOWN = (
    "DROP TABLE trial, mailing_revision",
    "ALTER TABLE mailing DROP started_at, DROP finished_at",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
