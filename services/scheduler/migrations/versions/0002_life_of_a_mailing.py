"""Counts of clients kept as they change, frozen audiences, what a message's end was, the pace."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = (
    # How many clients there are of each kind that a filter can tell apart: a plan adds up a few
    # thousand rows, whatever the number of clients.
    """
    CREATE TABLE crowd (
        timezone text NOT NULL,
        operator_code text NOT NULL,
        tags text[] NOT NULL,
        clients bigint NOT NULL,
        PRIMARY KEY (timezone, operator_code, tags)
    )
    """,
    """
    INSERT INTO crowd SELECT timezone, operator_code, tags, count(*)
    FROM client WHERE NOT deleted GROUP BY timezone, operator_code, tags
    """,
    # The opening in which the wave last took a client: one that began in time is not late for it.
    "ALTER TABLE wave ADD begun_at timestamptz",
    # Who was in the audience when a mailing with a frozen one was launched.
    """
    CREATE TABLE frozen (
        mailing_id bigint NOT NULL,
        client_id bigint NOT NULL,
        PRIMARY KEY (mailing_id, client_id)
    )
    """,
    # ended_as, reason: why the scheduler itself ended the message, so that a change that takes the
    # reason away can bring it back. returned_at: when the senders last gave it back. text,
    # text_revision: what a call said whose answer was lost; another one must say the same.
    """
    ALTER TABLE message
        ADD ended_as text, ADD reason text, ADD returned_at timestamptz,
        ADD text text, ADD text_revision bigint
    """,
    "CREATE INDEX message_ended ON message (mailing_id, reason) WHERE state = 'ended'",
    # How fast the senders of a channel took commands when they were last kept busy.
    """
    CREATE TABLE pace (
        channel text PRIMARY KEY,
        per_second double precision NOT NULL,
        measured_at timestamptz NOT NULL
    )
    """,
)

DOWN = (
    "DROP TABLE pace, frozen, crowd",
    "DROP INDEX message_ended",
    """
    ALTER TABLE message
        DROP ended_as, DROP reason, DROP returned_at, DROP text, DROP text_revision
    """,
    "ALTER TABLE wave DROP begun_at",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
