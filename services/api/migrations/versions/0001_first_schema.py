"""Users, clients, tags, mailings, imports and the outbox."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = """
CREATE TABLE "user" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'manager', 'viewer')),
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX user_email ON "user" (lower(email));

-- A deleted client stays as a tombstone: id, revision, and nothing personal. Whoever has a phone
-- lives. No index is limited to the living: until statistics are gathered PostgreSQL takes
-- "deleted_at IS NULL" for rare, and reads all of such an index for every batch of a first import.
-- What is indexed is code, not words: compared byte by byte, whatever the database's language.
CREATE TABLE client (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision bigint NOT NULL DEFAULT 1,
    phone text COLLATE "C",
    operator_code text COLLATE "C",
    timezone text COLLATE "C",
    tags text[] COLLATE "C" NOT NULL DEFAULT '{}',
    email text,
    name text,
    attributes jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK ((phone IS NULL) = (deleted_at IS NOT NULL)),
    CHECK (num_nulls(phone, operator_code, timezone) IN (0, 3))
);
CREATE UNIQUE INDEX client_phone ON client (phone);
-- Each filter of the list, together with the order of the list.
CREATE INDEX client_operator_code ON client (operator_code, id);
CREATE INDEX client_timezone ON client (timezone, id);
CREATE INDEX client_tags ON client USING gin (tags);

-- The tags there are, so that one can exist before anybody has it. Who has it is in client.tags.
CREATE TABLE tag (
    name text COLLATE "C" PRIMARY KEY,
    created_at timestamptz NOT NULL
);

CREATE TABLE mailing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text,
    state text NOT NULL
        CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'finished', 'cancelled')),
    revision bigint NOT NULL DEFAULT 1,
    spec jsonb NOT NULL,  -- shared.contracts.mailings.MailingSpec
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    launched_at timestamptz,
    deleted_at timestamptz
);
CREATE INDEX mailing_state ON mailing (state, id) WHERE deleted_at IS NULL;

CREATE TABLE import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('receiving', 'running', 'done', 'failed')),
    format text NOT NULL CHECK (format IN ('csv', 'ndjson')),
    chunk_bytes integer NOT NULL,
    chunks integer NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0,  -- offset in the file behind the last booked row
    rows_read bigint NOT NULL DEFAULT 0,
    rows_rejected bigint NOT NULL DEFAULT 0,
    errors jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL,
    touched_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX import_unfinished ON import (id) WHERE state IN ('receiving', 'running');

CREATE TABLE import_chunk (
    import_id bigint NOT NULL REFERENCES import ON DELETE CASCADE,
    number integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (import_id, number)
);
-- Packing costs more than the space it saves for so short a time; so too in the outbox.
ALTER TABLE import_chunk ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    urgent boolean NOT NULL,  -- gates: a lane of their own
    exchange text NOT NULL,
    routing_key text NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX outbox_urgent ON outbox (id) WHERE urgent;
-- Rows come and go without end: keep the dead ones few, or finding the first one gets slow.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
"""

DOWN = 'DROP TABLE outbox, import_chunk, import, mailing, tag, client, "user"'


def upgrade() -> None:
    for statement in UP.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute(DOWN)
