"""Waves that are not at an end are found without those that are."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UP = (
    # Whether a mailing has any left is asked after every batch; it would else be looked for among
    # all its waves. It serves whoever looks for open ones, too.
    """
    CREATE INDEX wave_not_ended ON wave (mailing_id, phase, closes_at) WHERE phase <> 'ended'
    """,
    "DROP INDEX wave_in_work",
)

DOWN = (
    """
    CREATE INDEX wave_in_work ON wave (mailing_id, phase, closes_at)
    WHERE phase IN ('open', 'settling')
    """,
    "DROP INDEX wave_not_ended",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
