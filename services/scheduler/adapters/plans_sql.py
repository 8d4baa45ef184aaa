"""The statements about mailings and waves."""

from sqlalchemy import text

from services.scheduler.adapters.messages_sql import NO_REBUILD

# A mailing that is new has all its waves told of together; whether that is still to come.
SAVE_MAILING = text(
    """
    INSERT INTO mailing AS m (id, revision, state, body, swept, tell_waves)
    VALUES (:id, :revision, :state, :body, :swept, true)
    ON CONFLICT (id) DO UPDATE SET
        revision = excluded.revision, state = excluded.state, body = excluded.body,
        swept = excluded.swept
    WHERE m.revision < excluded.revision
    RETURNING tell_waves
    """
)
KEPT_WAVES = text("SELECT timezone, phase, rest, begun_at FROM wave WHERE mailing_id = :id")
# Whoever waits for a window is looked at again under the new plan.
RECONSIDER_HELD = text("UPDATE message SET due_at = :now WHERE mailing_id = :id AND state = 'held'")
# An end that is told of from now on waits for what becomes of them.
BROUGHT_BACK = text("UPDATE mailing SET brought_back = true WHERE id = :id AND NOT brought_back")
# They keep what they were ended as until they are judged: until then nobody may count them as
# being on their way, nor declare the mailing finished. Nobody joins a frozen audience. A deadline
# of their own was for the time that they were replayed in; the mailing's hours are new ones.
REVIVE = text(
    """
    UPDATE message m SET state = 'held', due_at = :now, dispatch = m.dispatch + 1, ends_at = NULL,
        until_mailing_revision = NULL, until_client_revision = NULL
    WHERE m.mailing_id = :id AND m.state = 'ended' AND m.reason = ANY (CAST(:reasons AS text[]))
        AND (NOT :frozen OR EXISTS (
            SELECT 1 FROM frozen f WHERE f.mailing_id = m.mailing_id AND f.client_id = m.client_id
        ))
    """
)
WAITING = text(
    """
    SELECT body FROM mailing m WHERE m.state <> 'cancelled' AND EXISTS (
        SELECT 1 FROM wave w WHERE w.mailing_id = m.id AND w.phase = 'pending' AND w.cursor = 0
    )
    ORDER BY id
    """
)
RESIZE = text(
    """
    UPDATE wave w SET size = greatest(w.rows, s.size), seq = w.seq + 1
    FROM unnest(CAST(:zones AS text[]), CAST(:sizes AS bigint[])) AS s (zone, size)
    WHERE w.mailing_id = :mailing AND w.timezone = s.zone
        AND w.phase = 'pending' AND w.cursor = 0 AND w.size <> greatest(w.rows, s.size)
    """
)
START = text(
    """
    UPDATE mailing SET started_at = :now WHERE id = :id AND started_at IS NULL
        AND EXISTS (SELECT 1 FROM wave WHERE mailing_id = :id AND phase = 'open' AND size > 0)
    """
)
# An open wave that has not taken anybody in its opening.
_IDLE = "w.phase = 'open' AND coalesce(w.begun_at < w.opens_at, true)"
DUE = text(
    f"""
    SELECT m.body, w.timezone, w.phase,
        CASE WHEN w.phase = 'pending' THEN w.opens_at
             WHEN w.closes_at <= :now THEN w.closes_at ELSE w.begin_by END,
        w.begun_at
    FROM wave w JOIN mailing m ON m.id = w.mailing_id
    WHERE m.state <> 'paused' AND {NO_REBUILD} AND (
        (w.phase = 'pending' AND w.opens_at <= :now) OR (w.phase = 'open' AND w.closes_at <= :now)
        OR ({_IDLE} AND w.begin_by < :now)
    )
    ORDER BY w.opens_at LIMIT :limit
    """  # noqa: S608 - a constant of this module
)
# Never one that began a moment ago, while its lateness was being judged.
MOVE = text(
    f"""
    UPDATE wave w SET
        phase = s.phase, opens_at = s.opens_at, closes_at = s.closes_at,
        rest = s.rest, reason = s.reason, begin_by = s.begin_by,
        seq = w.seq + CASE WHEN
            (w.opens_at, w.closes_at, w.rest) IS DISTINCT FROM (s.opens_at, s.closes_at, s.rest)
            THEN 1 ELSE 0 END
    FROM unnest(
        CAST(:zones AS text[]), CAST(:phases AS text[]),
        CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]),
        CAST(:rests AS text[]), CAST(:reasons AS text[]), CAST(:begin_bys AS timestamptz[])
    ) AS s (zone, phase, opens_at, closes_at, rest, reason, begin_by)
    WHERE w.mailing_id = :mailing AND w.timezone = s.zone AND (
        w.phase = 'pending' OR (w.phase = 'open' AND w.closes_at <= :now) OR ({_IDLE})
    )
    """  # noqa: S608 - a constant of this module
)
# A zone in which nobody matches is planned, in case somebody comes to, but not spoken of.
_SPOKEN_OF = "(w.size > 0 OR w.announced_seq > 0)"
# From one mailing to the next by the index: there may be a hundred thousand waves that
# have been told of.
UNTOLD_MAILINGS = text(
    f"""
    WITH RECURSIVE untold (mailing_id) AS (
        SELECT min(mailing_id) FROM wave w WHERE w.seq > w.announced_seq AND {_SPOKEN_OF}
        UNION ALL
        SELECT (
            SELECT min(w.mailing_id) FROM wave w
            WHERE w.seq > w.announced_seq AND {_SPOKEN_OF} AND w.mailing_id > u.mailing_id
        )
        FROM untold u WHERE u.mailing_id IS NOT NULL
    )
    SELECT id FROM mailing WHERE tell_waves OR id IN (SELECT mailing_id FROM untold) ORDER BY id
    """  # noqa: S608 - a constant of this module
)
# Through the waves of each mailing (OFFSET).
UNTOLD_WAVES = text(
    f"""
    SELECT m.id, m.revision, w.timezone, w.seq, w.size, w.opens_at, w.closes_at, w.rest, w.reason
    FROM mailing m CROSS JOIN LATERAL (
        SELECT * FROM wave w WHERE w.mailing_id = m.id AND {_SPOKEN_OF}
            AND (m.tell_waves OR w.seq > w.announced_seq) OFFSET 0
    ) AS w
    WHERE m.id = ANY (CAST(:ids AS bigint[]))
    ORDER BY m.id, w.timezone
    """  # noqa: S608 - a constant of this module
)
WAVES_TOLD = text(
    """
    UPDATE wave w SET announced_seq = s.seq
    FROM unnest(CAST(:zones AS text[]), CAST(:seqs AS integer[])) AS s (zone, seq)
    WHERE w.mailing_id = :mailing AND w.timezone = s.zone AND w.announced_seq < s.seq
    """
)
ALL_TOLD = text(
    "UPDATE mailing SET tell_waves = false WHERE id = :mailing AND revision = :revision"
    " AND tell_waves"
)
# What an end takes in all: its messages, and if any had ended before, their dispatches.
IN_ALL = """
    (SELECT coalesce(sum(w.rows), 0) FROM wave w WHERE w.mailing_id = m.id),
    CASE WHEN m.brought_back THEN (
        SELECT coalesce(sum(a.dispatch), 0) FROM message a WHERE a.mailing_id = m.id
    ) END
"""
UNTOLD_ENDS = text(
    f"""
    SELECT m.id, m.revision, {IN_ALL}
    FROM mailing m
    WHERE (m.emitted_revision < m.revision OR m.tell_again) AND m.state <> 'paused' AND m.swept
        AND {NO_REBUILD} AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.mailing_id = m.id)
        AND NOT EXISTS (
            SELECT 1 FROM wave o WHERE o.mailing_id = m.id AND o.phase <> 'ended' OFFSET 0
        )
        AND NOT EXISTS (
            SELECT 1 FROM message r
            WHERE r.mailing_id = m.id AND r.state = 'held' AND r.ended_as IS NOT NULL
        )
    """  # noqa: S608 - constants of this module and another
)
# The first of each by its index (LIMIT), whatever the number of waves.
NEXT_INSTANT = text(
    f"""
    SELECT least(
        (SELECT w.opens_at FROM wave w JOIN mailing m ON m.id = w.mailing_id
         WHERE w.phase = 'pending' AND m.state <> 'paused' AND {NO_REBUILD}
         ORDER BY w.opens_at LIMIT 1),
        (SELECT w.closes_at FROM wave w JOIN mailing m ON m.id = w.mailing_id
         WHERE w.phase = 'open' AND m.state <> 'paused'
         ORDER BY w.closes_at LIMIT 1),
        (SELECT w.begin_by + interval '1 ms' FROM wave w JOIN mailing m ON m.id = w.mailing_id
         WHERE {_IDLE} AND w.begin_by >= :now AND m.state <> 'paused'
         ORDER BY w.begin_by LIMIT 1),
        (SELECT min(h.due_at) FROM message h JOIN mailing m ON m.id = h.mailing_id
         WHERE h.state = 'held' AND h.due_at > :now AND m.state <> 'paused')
    )
    """  # noqa: S608 - a constant of this module
)
FORGET = text(
    """
    TRUNCATE client, zone, crowd, frozen, mailing, wave, message, batch, pace
    """
)
