"""Waves that began too late although they were open, and what is left over of a frozen audience."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = (
    # Until when an open wave may take its first client: senders that were away for hours must not
    # make it begin at a wrong hour. NULL is any time while it is open.
    "ALTER TABLE wave ADD begin_by timestamptz",
    # Where each member lived when the audience was frozen: whoever cannot be reached is booked
    # there, so that the books of a zone end with what its plan had promised.
    "ALTER TABLE frozen ADD timezone text NOT NULL",
    # Whether every member of a frozen audience has a row; true of a live one, which has no members.
    "ALTER TABLE mailing ADD swept boolean NOT NULL DEFAULT true",
)

DOWN = (
    "ALTER TABLE mailing DROP swept",
    "ALTER TABLE frozen DROP timezone",
    "ALTER TABLE wave DROP begin_by",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
