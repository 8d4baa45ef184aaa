"""The copy of the directory, mailings and waves, messages and unpublished batches."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = ("batch", "message", "wave", "mailing", "zone", "client", "control")


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE client (
            id bigint PRIMARY KEY,
            revision bigint NOT NULL,
            deleted boolean NOT NULL,
            phone text NOT NULL,
            operator_code text NOT NULL,
            timezone text NOT NULL,
            tags text[] NOT NULL,
            email text,
            name text,
            attributes text
        )
        """
    )
    # A wave takes its clients in the order of their ids.
    op.execute("CREATE INDEX client_of_zone ON client (timezone, id) WHERE NOT deleted")
    op.execute("CREATE TABLE zone (name text PRIMARY KEY)")
    op.execute(
        """
        CREATE TABLE mailing (
            id bigint PRIMARY KEY,
            revision bigint NOT NULL,
            state text NOT NULL,
            body text NOT NULL,
            started_at timestamptz,
            start_announced boolean NOT NULL DEFAULT false,
            emitted_revision bigint NOT NULL DEFAULT 0
        )
        """
    )
    op.execute(
        """
        CREATE TABLE wave (
            mailing_id bigint NOT NULL REFERENCES mailing,
            timezone text NOT NULL,
            phase text NOT NULL,
            size bigint NOT NULL,
            rows bigint NOT NULL DEFAULT 0,
            cursor bigint NOT NULL DEFAULT 0,
            opens_at timestamptz,
            closes_at timestamptz,
            rest text NOT NULL,
            reason text,
            seq integer NOT NULL DEFAULT 1,
            announced_seq integer NOT NULL DEFAULT 0,
            PRIMARY KEY (mailing_id, timezone)
        )
        """
    )
    op.execute("CREATE INDEX wave_pending ON wave (opens_at) WHERE phase = 'pending'")
    op.execute("CREATE INDEX wave_open ON wave (closes_at) WHERE phase = 'open'")
    op.execute(
        "CREATE INDEX wave_in_work ON wave (mailing_id, phase, closes_at)"
        " WHERE phase IN ('open', 'settling')"
    )
    op.execute("CREATE INDEX wave_untold ON wave (mailing_id) WHERE seq > announced_seq")
    op.execute(
        """
        CREATE TABLE message (
            id bigint PRIMARY KEY,
            mailing_id bigint NOT NULL,
            client_id bigint NOT NULL,
            timezone text NOT NULL,
            dispatch integer NOT NULL,
            state text NOT NULL,
            due_at timestamptz,
            until_mailing_revision bigint,
            until_client_revision bigint,
            UNIQUE (mailing_id, client_id)
        )
        """
    )
    op.execute("CREATE INDEX message_held ON message (due_at) WHERE state = 'held'")
    op.execute(
        """
        CREATE TABLE batch (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            mailing_id bigint NOT NULL,
            kind text NOT NULL,
            reason text,
            message_ids bigint[] NOT NULL
        )
        """
    )
    # While the copy is being rebuilt no wave opens: it would take too few clients.
    op.execute("CREATE TABLE control (rebuilding boolean NOT NULL)")
    op.execute("INSERT INTO control VALUES (false)")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
