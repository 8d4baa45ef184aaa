"""The statements that write the books. Arrays in, sets written: never one row at a time."""

LOCK_MAILINGS = """
    SELECT id, closed_at IS NOT NULL FROM mailing WHERE id = ANY($1::bigint[])
    ORDER BY id FOR UPDATE
"""

CLOSE = "UPDATE mailing SET closed_at = coalesce(closed_at, $2) WHERE id = $1"

ADD_MAILINGS = "INSERT INTO mailing (id) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING"

LOCK_TRIALS = "SELECT pg_advisory_xact_lock(hashtextextended('trials', 0))"

# One look into the index per id, whatever the planner believes: a plan made while the table was
# small would read all of it each time, until its statistics are next renewed.
STANDINGS = """
    SELECT message.*
    FROM unnest($1::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT id, mailing_id, client_id, timezone, status, dispatch, attempt, step, reason,
               detail, sent_at, updated_at, next_attempt_at, http_status
        FROM message WHERE message.id = wanted.id OFFSET 0
    ) AS message
"""

# All that a batch writes beside the totals: under load each statement more makes the transaction
# wait for its turn twice more. Messages and calls are values of a composite type: of arrays, one
# per column, asyncpg asks every element whether it is an array itself, which costs more than to
# encode it.
ENTER = """
    WITH moved AS (
        INSERT INTO message (id, mailing_id, client_id, timezone, status, dispatch, attempt, step,
                             reason, detail, sent_at, updated_at, next_attempt_at, http_status)
        SELECT * FROM unnest($1::standing[])
        ON CONFLICT (id) DO UPDATE SET
            timezone = excluded.timezone, status = excluded.status, dispatch = excluded.dispatch,
            attempt = excluded.attempt, step = excluded.step, reason = excluded.reason,
            detail = excluded.detail, sent_at = excluded.sent_at, updated_at = excluded.updated_at,
            next_attempt_at = excluded.next_attempt_at, http_status = excluded.http_status
    ), called AS (
        INSERT INTO attempt (message_id, dispatch, attempt, kind, at, http_status, latency_ms,
                             reason, detail, text_sha256, grounds_id)
        SELECT * FROM unnest($2::call[]) ON CONFLICT DO NOTHING
    ), paced AS (
        INSERT INTO pace (mailing_id, second, sent)
        SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::integer[])
        ON CONFLICT (mailing_id, second) DO UPDATE SET sent = pace.sent + excluded.sent
    )
    INSERT INTO tally (mailing_id, timezone, status, n)
    SELECT * FROM unnest($6::bigint[], $7::text[], $8::text[], $9::bigint[])
    ON CONFLICT (mailing_id, timezone, status) DO UPDATE SET n = tally.n + excluded.n
"""

PUT_WAVES = """
    INSERT INTO wave (mailing_id, timezone, seq, size, opens_at, closes_at, rest, reason)
    SELECT $1::bigint, * FROM unnest(
        $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::text[],
        $8::text[])
    ON CONFLICT (mailing_id, timezone) DO UPDATE SET
        seq = excluded.seq, size = excluded.size, opens_at = excluded.opens_at,
        closes_at = excluded.closes_at, rest = excluded.rest, reason = excluded.reason
    WHERE excluded.seq > wave.seq
"""

# Whoever a sender has told of has a call, or the return without one, among the attempts; or was
# sent a message, and the call is not kept any more.
FORGET = """
    WITH gone AS (
        DELETE FROM message
        WHERE mailing_id = $1 AND id < $2 AND sent_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.message_id = message.id)
        RETURNING id, timezone, status
    ), unsettled AS (
        UPDATE receipt SET waits = true FROM gone WHERE receipt.message_id = gone.id
    )
    UPDATE tally SET n = tally.n - counted.n
    FROM (SELECT timezone, status, count(*) AS n FROM gone GROUP BY 1, 2) AS counted
    WHERE tally.mailing_id = $1
        AND tally.timezone = counted.timezone AND tally.status = counted.status
"""

EMITTED = """
    UPDATE mailing SET emitted_revision = $2, emitted_messages = $3, emitted_dispatches = $4
    WHERE id = $1 AND (emitted_revision IS NULL
        OR ($2, $3, coalesce($4, 0))
            > (emitted_revision, emitted_messages, coalesce(emitted_dispatches, 0)))
"""

# Where a mailing stands by its messages alone: how many there are, and how many are at an end.
# More at an end than were announced would be a fault elsewhere; none may be open still.
_TALLIED = """
    SELECT coalesce(sum(n), 0) AS messages,
           coalesce(sum(n) FILTER (WHERE status = ANY($1::text[])), 0) AS ended
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

# The view ``book`` of one mailing, which asks for the sum of each zone on its own: for hundreds of
# zones it takes longer than to sum up all of them at once.
_LINES = """
    SELECT status, n FROM tally WHERE tally.mailing_id = mailing.id
    UNION ALL
    SELECT rest, greatest(0, size - coalesce(rows, 0))
    FROM wave LEFT JOIN (
        SELECT timezone, sum(n) AS rows FROM tally WHERE tally.mailing_id = mailing.id
        GROUP BY timezone
    ) AS counted USING (timezone)
    WHERE wave.mailing_id = mailing.id
"""

# The spans of acceptances that were told of widen those that are known.
ADD_UP = f"""
    WITH added AS (
        SELECT mailing.id, messages, ended, span.first, span.last, coalesce((
            SELECT jsonb_object_agg(status, n)
            FROM (SELECT status, sum(n) AS n FROM ({_LINES}) AS line
                  GROUP BY status HAVING sum(n) <> 0) AS line
        ), '{{}}') AS by_status
        FROM mailing CROSS JOIN LATERAL ({_TALLIED}) AS tallied
        LEFT JOIN unnest($3::bigint[], $4::timestamptz[], $5::timestamptz[])
            AS span (id, first, last) ON span.id = mailing.id
        WHERE mailing.id = ANY($2::bigint[])
    )
    UPDATE mailing SET by_status = added.by_status,
        first_sent_at = least(first_sent_at, added.first),
        last_sent_at = greatest(last_sent_at, added.last)
    FROM added WHERE mailing.id = added.id
    RETURNING mailing.id AS mailing_id, emitted_revision AS revision, {_IS_DUE} AS is_due
"""  # noqa: S608 - of constants

# Of the mailings that were finished long ago nobody adds up anything.
DUE = f"""
    SELECT id AS mailing_id, emitted_revision AS revision
    FROM mailing CROSS JOIN LATERAL ({_TALLIED}) AS tallied
    WHERE emitted_revision > coalesce(finished_revision, 0) AND {_IS_DUE} ORDER BY id
"""  # noqa: S608 - of constants

FINISHED_AT = "SELECT finished_at FROM mailing WHERE id = $1 AND finished_revision = $2"

MARK_FINISHED = """
    UPDATE mailing SET finished_revision = $2, finished_at = $3
    WHERE id = $1 AND coalesce(finished_revision, 0) < $2
"""
