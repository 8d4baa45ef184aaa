"""The statements that write the books. Arrays in, sets written: never one row at a time."""

from sqlalchemy import text

LOCK_MAILINGS = text(
    "SELECT id FROM mailing WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE"
)

ADD_MAILINGS = text(
    "INSERT INTO mailing (id) SELECT unnest(CAST(:ids AS bigint[])) ON CONFLICT DO NOTHING"
)

LOCK_TRIALS = text("SELECT pg_advisory_xact_lock(hashtextextended('trials', 0))")

# One look into the index per id, whatever the planner believes: a plan made while the table was
# small would read all of it each time, until its statistics are next renewed.
STANDINGS = text(
    """
    SELECT message.*
    FROM unnest(CAST(:ids AS bigint[])) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT id, mailing_id, client_id, timezone, status, dispatch, attempt, step, reason,
               detail, sent_at, updated_at, next_attempt_at, http_status
        FROM message WHERE message.id = wanted.id OFFSET 0
    ) AS message
    """
)

# Each row is one value of a composite type: of arrays, one per column, asyncpg asks every element
# whether it is an array itself, which costs more than to encode it.
CHANGE_STANDINGS = text(
    """
    INSERT INTO message (id, mailing_id, client_id, timezone, status, dispatch, attempt, step,
                         reason, detail, sent_at, updated_at, next_attempt_at, http_status)
    SELECT * FROM unnest(CAST(:rows AS standing[]))
    ON CONFLICT (id) DO UPDATE SET
        timezone = excluded.timezone, status = excluded.status, dispatch = excluded.dispatch,
        attempt = excluded.attempt, step = excluded.step, reason = excluded.reason,
        detail = excluded.detail, sent_at = excluded.sent_at, updated_at = excluded.updated_at,
        next_attempt_at = excluded.next_attempt_at, http_status = excluded.http_status
    """
)

ADD_CALLS = text(
    """
    INSERT INTO attempt (message_id, dispatch, attempt, kind, at, http_status, latency_ms,
                         reason, detail, text_sha256, grounds_id)
    SELECT * FROM unnest(CAST(:rows AS call[])) ON CONFLICT DO NOTHING
    """
)

SHIFT_TALLY = text(
    """
    INSERT INTO tally (mailing_id, timezone, status, n)
    SELECT * FROM unnest(CAST(:mailing_id AS bigint[]), CAST(:timezone AS text[]),
                         CAST(:status AS text[]), CAST(:n AS bigint[]))
    ON CONFLICT (mailing_id, timezone, status) DO UPDATE SET n = tally.n + excluded.n
    """
)

ADD_PACE = text(
    """
    INSERT INTO pace (mailing_id, second, sent)
    SELECT * FROM unnest(CAST(:mailing_id AS bigint[]), CAST(:second AS bigint[]),
                         CAST(:sent AS integer[]))
    ON CONFLICT (mailing_id, second) DO UPDATE SET sent = pace.sent + excluded.sent
    """
)

WIDEN_SPANS = text(
    """
    UPDATE mailing SET first_sent_at = least(first_sent_at, span.first),
                       last_sent_at = greatest(last_sent_at, span.last)
    FROM unnest(CAST(:mailing_id AS bigint[]), CAST(:first AS timestamptz[]),
                CAST(:last AS timestamptz[])) AS span (mailing_id, first, last)
    WHERE id = span.mailing_id
      AND (first_sent_at IS NULL OR span.first < first_sent_at OR span.last > last_sent_at)
    """
)

PUT_WAVES = text(
    """
    INSERT INTO wave (mailing_id, timezone, seq, size, opens_at, closes_at, rest, reason)
    SELECT CAST(:mailing_id AS bigint), * FROM unnest(
        CAST(:timezone AS text[]), CAST(:seq AS bigint[]), CAST(:size AS bigint[]),
        CAST(:opens_at AS timestamptz[]), CAST(:closes_at AS timestamptz[]),
        CAST(:rest AS text[]), CAST(:reason AS text[]))
    ON CONFLICT (mailing_id, timezone) DO UPDATE SET
        seq = excluded.seq, size = excluded.size, opens_at = excluded.opens_at,
        closes_at = excluded.closes_at, rest = excluded.rest, reason = excluded.reason
    WHERE excluded.seq > wave.seq
    """
)

# Whoever a sender has told of has a call, or the return without one, among the attempts.
FORGET = text(
    """
    WITH gone AS (
        DELETE FROM message
        WHERE mailing_id = :mailing_id AND id < :born_before
            AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.message_id = message.id)
        RETURNING timezone, status
    )
    UPDATE tally SET n = tally.n - counted.n
    FROM (SELECT timezone, status, count(*) AS n FROM gone GROUP BY 1, 2) AS counted
    WHERE tally.mailing_id = :mailing_id
        AND tally.timezone = counted.timezone AND tally.status = counted.status
    """
)

EMITTED = text(
    """
    UPDATE mailing SET emitted_revision = :revision, emitted_messages = :messages,
        emitted_dispatches = :dispatches
    WHERE id = :mailing_id AND (emitted_revision IS NULL
        OR (:revision, :messages, coalesce(CAST(:dispatches AS bigint), 0))
            > (emitted_revision, emitted_messages, coalesce(emitted_dispatches, 0)))
    """
)

# Where a mailing stands by its messages alone: how many there are, and how many are at an end.
# More at an end than were announced would be a fault elsewhere; none may be open still.
_TALLIED = """
    SELECT coalesce(sum(n), 0) AS messages,
           coalesce(sum(n) FILTER (WHERE status = ANY(CAST(:ends AS text[]))), 0) AS ended
    FROM tally WHERE tally.mailing_id = mailing.id
"""
# Messages that were brought back are at an end, too, until their next dispatch is heard of; their
# dispatches are added up when nothing else stands against the end.
_IS_DUE = """CASE
    WHEN emitted_revision > coalesce(finished_revision, 0)
        AND ended >= emitted_messages AND ended = messages
    THEN emitted_dispatches IS NULL OR emitted_dispatches <= (
        SELECT coalesce(sum(dispatch), 0) FROM message WHERE message.mailing_id = mailing.id)
    ELSE false END"""

ADD_UP = text(
    f"""
    WITH added AS (
        SELECT mailing.id, messages, ended, coalesce((
            SELECT jsonb_object_agg(status, n)
            FROM (SELECT status, sum(n) AS n FROM book WHERE mailing_id = mailing.id
                  GROUP BY status HAVING sum(n) <> 0) AS line
        ), '{{}}') AS by_status
        FROM mailing CROSS JOIN LATERAL ({_TALLIED}) AS tallied
        WHERE mailing.id = ANY(CAST(:ids AS bigint[]))
    )
    UPDATE mailing SET by_status = added.by_status FROM added WHERE mailing.id = added.id
    RETURNING mailing.id AS mailing_id, emitted_revision AS revision, {_IS_DUE} AS is_due
    """  # noqa: S608 - of constants
)

DUE = text(
    f"""
    SELECT id AS mailing_id, emitted_revision AS revision
    FROM mailing CROSS JOIN LATERAL ({_TALLIED}) AS tallied
    WHERE {_IS_DUE} ORDER BY id
    """  # noqa: S608 - of constants
)

FINISHED_AT = text(
    "SELECT finished_at FROM mailing WHERE id = :mailing_id AND finished_revision = :revision"
)

MARK_FINISHED = text(
    """
    UPDATE mailing SET finished_revision = :revision, finished_at = :at
    WHERE id = :mailing_id AND coalesce(finished_revision, 0) < :revision
    """
)
