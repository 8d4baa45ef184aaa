"""Webhooks: who is told of what, what they are yet to be told, and how it went."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UP = (
    # Secrets are sealed with a key that the database does not have: a copy of it signs nothing.
    """
    CREATE TABLE webhook (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        url text NOT NULL,
        events text[] NOT NULL,
        department_id bigint REFERENCES department,
        mailing_id bigint REFERENCES mailing ON DELETE CASCADE,
        secret bytea NOT NULL,
        old_secret bytea,
        old_secret_until timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        disabled_at timestamptz,
        disabled_because text,
        failures integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        rests_until timestamptz
    )
    """,
    "CREATE INDEX webhook_department ON webhook (department_id)",
    "CREATE INDEX webhook_mailing ON webhook (mailing_id)",
    # Events that nobody has tried to tell yet, as they will be sent: written with what they tell
    # of, put together when there is somebody to send them.
    """
    CREATE TABLE webhook_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        webhook_id bigint NOT NULL REFERENCES webhook ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        events integer NOT NULL,
        types text[] NOT NULL,
        body text NOT NULL
    )
    """,
    "CREATE INDEX webhook_event_of ON webhook_event (webhook_id, id)",
    # One request each; it stays for a while, to be looked at and sent again.
    """
    CREATE TABLE webhook_delivery (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        webhook_id bigint NOT NULL REFERENCES webhook ON DELETE CASCADE,
        state text NOT NULL,
        types text[] NOT NULL,
        events integer NOT NULL,
        body bytea NOT NULL,
        created_at timestamptz NOT NULL,
        give_up_at timestamptz NOT NULL,
        due_at timestamptz,
        leased_until timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        replays integer NOT NULL DEFAULT 0,
        tried_at timestamptz,
        status integer,
        trouble text,
        latency_ms integer,
        ended_at timestamptz
    )
    """,
    "CREATE INDEX webhook_delivery_of ON webhook_delivery (webhook_id, id)",
    """
    CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at)
        WHERE state = 'pending'
    """,
    """
    CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at)
        WHERE state <> 'pending'
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE webhook_delivery, webhook_event, webhook")
