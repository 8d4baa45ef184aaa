"""The ledger, one row per message ever touched, and the gates."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A row is written twice or thrice within seconds: room on its page lets the later writes
    # stay there, and no index but the primary key means that none has to be touched.
    op.execute(
        """
        CREATE TABLE ledger (
            message_id bigint PRIMARY KEY,
            mailing_id bigint NOT NULL,
            client_id bigint NOT NULL,
            timezone text NOT NULL,
            dispatch integer NOT NULL,
            attempt integer NOT NULL,
            state text NOT NULL CHECK (state IN
                ('claimed', 'retrying', 'sent', 'failed', 'unknown', 'returned')),
            uncertain boolean NOT NULL,
            holder text NOT NULL,
            lease_until timestamptz,
            called integer,
            happened_at timestamptz,
            reason text,
            detail text,
            http_status integer,
            latency_ms integer,
            next_attempt_at timestamptz,
            mailing_revision bigint,
            client_revision bigint
        ) WITH (fillfactor = 60)
        """
    )
    for column, meaning in (
        ("attempt", "the attempt that is claimed, or due when retrying"),
        ("called", "the attempt the recorded outcome is about"),
        ("uncertain", "the outcome of some attempt was never learnt"),
        ("mailing_revision", "of the gate that stopped it"),
        ("client_revision", "of the gate that stopped it"),
    ):
        op.execute(f"COMMENT ON COLUMN ledger.{column} IS '{meaning}'")
    op.execute(
        """
        CREATE TABLE gate (
            kind text NOT NULL CHECK (kind IN ('mailing', 'client')),
            id bigint NOT NULL,
            revision bigint NOT NULL,
            closed boolean NOT NULL,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (kind, id)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE gate")
    op.execute("DROP TABLE ledger")
