"""The statements about messages and batches. Set by set, never one by one."""

from sqlalchemy import text

from services.scheduler.adapters.directory import MATCHES

MAILINGS_IN = text(
    """
    SELECT body FROM mailing m
    WHERE m.state <> 'paused' AND m.emitted_revision < m.revision
        AND EXISTS (SELECT 1 FROM wave w WHERE w.mailing_id = m.id AND w.phase = :phase)
    ORDER BY m.id
    """
)
WAVES_IN = text(
    """
    SELECT timezone, cursor, size - rows, closes_at, reason FROM wave
    WHERE mailing_id = :mailing AND phase = :phase
    ORDER BY closes_at, timezone LIMIT 500
    """
)
PICK = text(
    f"""
    SELECT w.zone, c.id, c.revision, c.phone
    FROM unnest(CAST(:zones AS text[]), CAST(:cursors AS bigint[]))
        WITH ORDINALITY AS w (zone, cursor, turn)
    CROSS JOIN LATERAL (
        SELECT c.id, c.revision, c.phone FROM client c
        WHERE c.timezone = w.zone AND NOT c.deleted AND c.id > w.cursor AND {MATCHES}
        ORDER BY c.id LIMIT :limit
    ) AS c
    ORDER BY w.turn, c.id LIMIT :limit
    """  # noqa: S608 - a constant of another module
)
INSERT_MESSAGES = text(
    """
    INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state)
    SELECT id, :mailing, client_id, zone, 1, :state
    FROM unnest(CAST(:ids AS bigint[]), CAST(:clients AS bigint[]), CAST(:zones AS text[]))
        AS s (id, client_id, zone)
    ON CONFLICT (mailing_id, client_id) DO NOTHING RETURNING id
    """
)
ADVANCE_WAVES = text(
    """
    UPDATE wave w SET
        cursor = s.cursor, rows = w.rows + s.added,
        phase = CASE WHEN s.ended THEN 'ended' ELSE w.phase END,
        size = CASE WHEN s.ended THEN w.rows + s.added ELSE w.size END,
        seq = w.seq + CASE WHEN s.ended AND w.size <> w.rows + s.added THEN 1 ELSE 0 END
    FROM unnest(
        CAST(:zones AS text[]), CAST(:cursors AS bigint[]),
        CAST(:added AS bigint[]), CAST(:ended AS boolean[])
    ) AS s (zone, cursor, added, ended)
    WHERE w.mailing_id = :mailing AND w.timezone = s.zone AND w.phase = :phase
    RETURNING w.timezone
    """
)
INSERT_BATCH = text(
    """
    INSERT INTO batch (mailing_id, kind, reason, message_ids)
    VALUES (:mailing, :kind, :reason, CAST(:ids AS bigint[])) RETURNING id
    """
)
# A client who was deleted before their batch went out is nobody to send to: the message goes the
# way of those that came back.
HOLD_DELETED = text(
    """
    UPDATE message m SET state = 'held', due_at = now(), dispatch = m.dispatch + 1
    FROM batch b, client c
    WHERE b.kind = 'queued' AND m.id = ANY (b.message_ids) AND m.state = 'queued'
        AND c.id = m.client_id AND c.deleted
    """
)
_MEMBERS = """
    m.id, m.client_id, m.timezone, m.dispatch,
    c.revision, c.phone, c.deleted, c.timezone AS zone, c.operator_code, c.tags
"""
UNPUBLISHED = text(
    f"""
    SELECT b.id AS batch_id, g.body, b.kind, b.reason, {_MEMBERS}
    FROM batch b JOIN mailing g ON g.id = b.mailing_id
        JOIN message m ON m.id = ANY (b.message_ids) JOIN client c ON c.id = m.client_id
    WHERE b.kind <> 'queued' OR m.state = 'queued'
    ORDER BY b.id, m.id
    """  # noqa: S608 - a constant of this module
)
HOLD = text(
    """
    UPDATE message m SET
        state = 'held', due_at = s.due_at, dispatch = s.dispatch + 1,
        until_mailing_revision = s.mailing_revision, until_client_revision = s.client_revision
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:dispatches AS integer[]), CAST(:dues AS timestamptz[]),
        CAST(:mailing_revisions AS bigint[]), CAST(:client_revisions AS bigint[])
    ) AS s (id, dispatch, due_at, mailing_revision, client_revision)
    WHERE m.id = s.id AND m.dispatch = s.dispatch AND m.state = 'queued'
    """
)
HELD = text(
    f"""
    SELECT g.id AS mailing, g.body, {_MEMBERS}
    FROM message m JOIN mailing g ON g.id = m.mailing_id JOIN client c ON c.id = m.client_id
    WHERE m.state = 'held' AND m.due_at <= :now AND g.state <> 'paused'
        AND coalesce(m.until_mailing_revision, 0) <= g.revision
        AND coalesce(m.until_client_revision, 0) <= c.revision
    ORDER BY m.due_at LIMIT :limit
    """  # noqa: S608 - a constant of this module
)
EMIT_AGAIN = text(
    """
    UPDATE message SET state = :state, due_at = :due_at,
        until_mailing_revision = NULL, until_client_revision = NULL
    WHERE id = ANY (CAST(:ids AS bigint[])) AND state = 'held' RETURNING id
    """
)
