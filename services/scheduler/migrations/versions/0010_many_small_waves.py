"""What hundreds of mailings at once, each with a few clients in every zone, would do too often."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = (
    # All its waves are to be told of: they need no mark each.
    "ALTER TABLE mailing ADD tell_waves boolean NOT NULL DEFAULT false",
    # What is to be told of alone; a zone in which nobody matches is not spoken of.
    """
    CREATE INDEX wave_unspoken ON wave (mailing_id)
    WHERE seq > announced_seq AND (size > 0 OR announced_seq > 0)
    """,
    "DROP INDEX wave_untold",
    # Waves are written beside a mailing that was just written or read, and mailings stay.
    "ALTER TABLE wave DROP CONSTRAINT wave_mailing_id_fkey",
    # A plan adds up the kinds with its tags.
    """
    CREATE INDEX crowd_tagged ON crowd USING gin (tags) WITH (gin_pending_list_limit = 64)
    """,
    # Every search reads through what an import has not sorted in yet: 64 kB of it, not 4 MB.
    "ALTER INDEX client_tagged SET (gin_pending_list_limit = 64)",
)

DOWN = (
    "ALTER INDEX client_tagged RESET (gin_pending_list_limit)",
    "DROP INDEX crowd_tagged",
    "CREATE INDEX wave_untold ON wave (mailing_id) WHERE seq > announced_seq",
    "DROP INDEX wave_unspoken",
    "ALTER TABLE wave ADD FOREIGN KEY (mailing_id) REFERENCES mailing",
    "ALTER TABLE mailing DROP tell_waves",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
