"""Messages, calls, waves, and the books rolled up from them."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A row is written twice or three times in its life and read by list: narrow, one index beside the
# key. The index has the status in it although that makes each move of a message write it anew:
# "who was not reached?" must not read the million who were.
_MESSAGE = """
CREATE TABLE message (
    id bigint PRIMARY KEY,
    mailing_id bigint NOT NULL,
    client_id bigint NOT NULL,
    sent_at timestamptz,
    updated_at timestamptz NOT NULL,
    next_attempt_at timestamptz,
    dispatch integer NOT NULL,
    attempt smallint NOT NULL,
    step smallint NOT NULL,
    status text COLLATE "C" NOT NULL,
    timezone text COLLATE "C" NOT NULL,
    reason text,
    detail text
)
"""
_MESSAGE_LIST = "CREATE INDEX message_list ON message (mailing_id, status, id)"

# One row per event about a call: the history of a message's contact with the provider.
_CALL = """
CREATE TABLE attempt (
    message_id bigint NOT NULL,
    at timestamptz NOT NULL,
    dispatch integer NOT NULL,
    attempt smallint NOT NULL,
    http_status smallint,
    latency_ms integer,
    kind text COLLATE "C" NOT NULL,
    reason text,
    detail text,
    PRIMARY KEY (message_id, dispatch, attempt, kind)
)
"""

_WAVE = """
CREATE TABLE wave (
    mailing_id bigint NOT NULL,
    timezone text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    size bigint NOT NULL,
    opens_at timestamptz,
    closes_at timestamptz,
    rest text COLLATE "C" NOT NULL,
    reason text,
    PRIMARY KEY (mailing_id, timezone)
)
"""

# The rollup of message: rows per mailing, zone and status. A few rows updated all the time, so
# half of each page is left free for their next versions.
_TALLY = """
CREATE TABLE tally (
    mailing_id bigint NOT NULL,
    timezone text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (mailing_id, timezone, status)
) WITH (fillfactor = 50)
"""

# The books: rows as they are, and the clients of a wave without a row under its rest.
_BOOK = """
CREATE VIEW book AS
SELECT mailing_id, timezone, status, sum(n)::bigint AS n
FROM (
    SELECT mailing_id, timezone, status, n FROM tally
    UNION ALL
    SELECT wave.mailing_id, wave.timezone, wave.rest, greatest(0, wave.size - coalesce((
        SELECT sum(tally.n) FROM tally
        WHERE tally.mailing_id = wave.mailing_id AND tally.timezone = wave.timezone
    ), 0))
    FROM wave
) AS line
GROUP BY mailing_id, timezone, status
"""

# One row per mailing, locked by whoever writes its books. by_status is the sum of its book, kept
# so that totals over many mailings need not read their zones.
_MAILING = """
CREATE TABLE mailing (
    id bigint PRIMARY KEY,
    by_status jsonb NOT NULL DEFAULT '{}',
    first_sent_at timestamptz,
    last_sent_at timestamptz,
    emitted_revision integer,
    emitted_messages bigint,
    finished_revision integer,
    finished_at timestamptz
) WITH (fillfactor = 50)
"""

# Messages accepted per second (of the Unix epoch); the last minute is kept.
_PACE = """
CREATE TABLE pace (
    mailing_id bigint NOT NULL,
    second bigint NOT NULL,
    sent integer NOT NULL,
    PRIMARY KEY (mailing_id, second)
)
"""


def upgrade() -> None:
    for statement in (_MESSAGE, _MESSAGE_LIST, _CALL, _WAVE, _TALLY, _BOOK, _MAILING, _PACE):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW book")
    op.execute("DROP TABLE message, attempt, wave, tally, mailing, pace")
