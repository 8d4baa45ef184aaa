"""Whether a mailing has finished, and how often those whose end is not known were asked after."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP = (
    # finished_revision: that stats has declared finished. Mailings of the release before have none,
    # and are told of once more: stats answers at once for those that have finished.
    # unheard_since: all is emitted, nothing is held, and still the mailing has not finished.
    # asks: how often it was looked into since then, last at asked_at; asking_after: the last client
    # asked after in the round that is under way. tell_again: stats is told of the end once more.
    """
    ALTER TABLE mailing
        ADD finished_revision bigint NOT NULL DEFAULT 0,
        ADD unheard_since timestamptz,
        ADD asks integer NOT NULL DEFAULT 0,
        ADD asked_at timestamptz,
        ADD asking_after bigint,
        ADD tell_again boolean NOT NULL DEFAULT false
    """,
)

DOWN = (
    """
    ALTER TABLE mailing
        DROP finished_revision, DROP unheard_since, DROP asks, DROP asked_at, DROP asking_after,
        DROP tell_again
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
