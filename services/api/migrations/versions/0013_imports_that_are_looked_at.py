"""Imports: how a file is to be read, what it did or would do, and every row that was rejected."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE import ADD options jsonb NOT NULL DEFAULT '{}'",
    # Of imports of before nobody counted this.
    "ALTER TABLE import ADD added bigint, ADD changed bigint",
    # A row per batch that had some: what was rejected is written once and read as it stands.
    """
    CREATE TABLE import_errors (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        import_id bigint NOT NULL REFERENCES import ON DELETE CASCADE,
        errors jsonb NOT NULL
    )
    """,
    "CREATE INDEX import_errors_of ON import_errors (import_id, id)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE import_errors")
    op.execute("ALTER TABLE import DROP options, DROP added, DROP changed")
