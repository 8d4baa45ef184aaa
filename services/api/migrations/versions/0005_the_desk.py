"""What was done by whom, for good; and what no consumer could read, until it is put back."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = (
    # user_id: they may be gone. No facts about clients: what is written here stays.
    """
    CREATE TABLE audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        user_id bigint,
        address text NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        facts jsonb NOT NULL
    )
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the table % is only ever added to', TG_TABLE_NAME;
    END
    $$
    """,
    """
    CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    # digest: of where the message was and of its body; the same one parked again is no other.
    # body: none once it was put back, for if it must, it comes again with the message.
    """
    CREATE TABLE parked (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        digest bytea NOT NULL UNIQUE,
        queue text,
        exchange text,
        routing_key text,
        why text,
        bytes integer NOT NULL,
        body bytea,
        times integer NOT NULL,
        state text NOT NULL CHECK (state IN ('parked', 'replayed')),
        parked_at timestamptz NOT NULL,
        replayed_at timestamptz,
        CHECK ((state = 'parked') = (body IS NOT NULL))
    )
    """,
    # What is put back says nothing of how far the events about clients have come.
    "ALTER TABLE outbox ADD put_back boolean NOT NULL DEFAULT false",
    "CREATE INDEX parked_still ON parked (id) WHERE state = 'parked'",
)

DOWN = (
    "ALTER TABLE outbox DROP put_back",
    "DROP TABLE parked, audit",
    "DROP FUNCTION refuse_change",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
