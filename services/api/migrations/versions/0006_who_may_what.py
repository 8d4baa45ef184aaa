"""Departments, what a user may do, and log-ins that can be ended."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE department (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX department_name ON department (lower(name))",
    # No password: they log in by other means. closed_at: they may not log in any more.
    """
    ALTER TABLE "user"
        ALTER password_hash DROP NOT NULL,
        ADD may_launch boolean NOT NULL DEFAULT false,
        ADD closed_at timestamptz
    """,
    # Until now whoever had an account could launch.
    """UPDATE "user" SET may_launch = true""",
    """
    CREATE TABLE user_department (
        user_id bigint NOT NULL REFERENCES "user" ON DELETE CASCADE,
        department_id bigint NOT NULL REFERENCES department,
        PRIMARY KEY (user_id, department_id)
    )
    """,
    "CREATE INDEX user_department_department ON user_department (department_id)",
    # turn: how often it was refreshed; a refresh token of an earlier turn was used already.
    """
    CREATE TABLE session (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES "user" ON DELETE CASCADE,
        turn integer NOT NULL DEFAULT 0,
        address text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        ended_by text
    )
    """,
    "CREATE INDEX session_of_user ON session (user_id)",
    "CREATE INDEX session_expires ON session (expires_at)",
    "ALTER TABLE mailing ADD department_id bigint REFERENCES department",
    "CREATE INDEX mailing_department ON mailing (department_id, id) WHERE deleted_at IS NULL",
)

DOWN = (
    "ALTER TABLE mailing DROP department_id",
    "DROP TABLE session, user_department, department",
    # Who has no password could not log in by the schema before either: nothing matches this.
    """UPDATE "user" SET password_hash = '' WHERE password_hash IS NULL""",
    """
    ALTER TABLE "user" ALTER password_hash SET NOT NULL, DROP may_launch, DROP closed_at
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
