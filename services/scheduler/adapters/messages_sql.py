"""The statements about messages and batches. Set by set, never one by one."""

from sqlalchemy import TextClause, text

from services.scheduler.domain.waves import Phase


def sha256_of(column: str) -> str:
    """As ``domain/uncertain.py`` compares it."""
    return f"encode(sha256(convert_to({column}, 'UTF8')), 'hex')"


# While the copy is rebuilt nobody is taken from it: it would have too few, and rows of those who
# have been contacted may be missing.
NO_REBUILD = "NOT EXISTS (SELECT 1 FROM control WHERE rebuilding)"
# Asked many times a second. Without parameters it is planned once and not each time, which takes
# longer than to carry it out; through the waves of each mailing by their index (OFFSET), for the
# plan may be of the time when there were none.
MAILINGS_IN = {
    phase: text(
        f"""
        SELECT body FROM mailing m
        WHERE m.state <> 'paused' AND m.emitted_revision < m.revision AND {NO_REBUILD}
            AND EXISTS (
                SELECT 1 FROM wave w
                WHERE w.mailing_id = m.id AND w.phase = '{phase.value}' OFFSET 0
            )
        ORDER BY m.id
        """  # noqa: S608 - constants of this module and another
    )
    for phase in (Phase.OPEN, Phase.SETTLING)
}
# As often. Nearly always there are none, and to plan what comes then takes a millisecond.
ONE_HELD = text("SELECT id FROM message WHERE state = 'held' ORDER BY mailing_id, due_at LIMIT 1")
_DUE = """
    m.state = 'held' AND m.due_at <= :now
    AND coalesce(m.until_mailing_revision, 0) <= g.revision
    AND coalesce(m.until_client_revision, 0) <= c.revision
"""
# From one mailing to the next by the index, and one look at each, however many messages they hold.
# Those with a deadline of their own are a group apart, and nearly always there are none.
HOLDING = text(
    f"""
    WITH RECURSIVE holding (mailing_id) AS (
        SELECT min(mailing_id) FROM message WHERE state = 'held'
        UNION ALL
        SELECT (
            SELECT min(m.mailing_id) FROM message m
            WHERE m.state = 'held' AND m.mailing_id > h.mailing_id
        )
        FROM holding h WHERE h.mailing_id IS NOT NULL
    ), deadline (mailing_id, ends_at) AS (
        SELECT mailing_id, CAST(NULL AS text) FROM holding
        UNION ALL
        SELECT DISTINCT mailing_id, ends_at FROM message
        WHERE state = 'held' AND ends_at IS NOT NULL
    )
    SELECT g.body, d.ends_at
    FROM deadline d JOIN mailing g ON g.id = d.mailing_id AND g.state <> 'paused'
            AND {NO_REBUILD}
        CROSS JOIN LATERAL (
            SELECT 1 FROM message m JOIN client c ON c.id = m.client_id
            WHERE m.mailing_id = g.id AND m.ends_at IS NOT DISTINCT FROM d.ends_at AND {_DUE}
            ORDER BY m.due_at LIMIT 1
        ) AS due
    ORDER BY g.id, d.ends_at NULLS FIRST
    """  # noqa: S608 - a constant of this module
)
# An open wave is not taken from after its instant has come: it is about to be moved on.
WAVES_IN = text(
    """
    SELECT timezone, cursor, size - rows, closes_at, reason FROM wave
    WHERE mailing_id = :mailing AND phase = :phase AND (
        phase <> 'open' OR closes_at > :now
        AND (begin_by IS NULL OR begin_by >= :now OR begun_at >= opens_at)
    )
    ORDER BY closes_at, timezone LIMIT 500
    """
)

INSERT_MESSAGES = text(
    """
    INSERT INTO message
        (id, mailing_id, client_id, timezone, dispatch, state, ended_as, reason, detail, told_at)
    SELECT id, :mailing, client_id, zone, 1, :state, :ended_as, :reason, :detail, :now
    FROM unnest(CAST(:ids AS bigint[]), CAST(:clients AS bigint[]), CAST(:zones AS text[]))
        AS s (id, client_id, zone)
    ON CONFLICT (mailing_id, client_id) DO NOTHING RETURNING id
    """
)
ADVANCE_WAVES = text(
    """
    UPDATE wave w SET
        cursor = s.cursor, rows = w.rows + s.added,
        begun_at = CASE WHEN w.phase = 'open' THEN w.opens_at ELSE w.begun_at END,
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
    INSERT INTO batch (
        mailing_id, mailing_revision, kind, reason, detail, message_ids, client_revisions,
        written_at, ends_at
    )
    VALUES (
        :mailing, :revision, :kind, :reason, :detail, CAST(:ids AS bigint[]),
        CAST(:revisions AS bigint[]), :now, :ends_at
    )
    RETURNING id
    """
)
_WRITTEN_BEFORE = "(CAST(:before AS timestamptz) IS NULL OR b.written_at <= :before)"
# Whoever has changed since their batch was written, or been deleted, goes the way of those that
# came back: the batch may have been published, and one dispatch never says two things.
TAKE_BACK_CHANGED = text(
    f"""
    UPDATE message m SET
        state = 'held', due_at = :now, dispatch = m.dispatch + 1, returned_at = b.written_at
    FROM batch b
        JOIN mailing g ON g.id = b.mailing_id
        CROSS JOIN LATERAL (
            SELECT unnest(b.message_ids) AS id, unnest(b.client_revisions) AS revision
        ) AS w
    , client c
    WHERE b.kind = 'queued' AND m.id = w.id AND m.state = 'queued' AND c.id = m.client_id
        AND (b.mailing_revision, w.revision) IS DISTINCT FROM (g.revision, c.revision)
        AND {_WRITTEN_BEFORE}
    """  # noqa: S608 - a constant of this module
)
TAKE_BACK = text(
    """
    UPDATE message SET
        state = 'held', due_at = :now, dispatch = dispatch + 1, returned_at = :written_at
    WHERE id = ANY (CAST(:ids AS bigint[])) AND state = 'queued'
    """
)


def _batches(condition: str) -> TextClause:
    return text(
        f"""
        SELECT b.id, g.body, b.kind, b.reason, b.detail, b.written_at, b.ends_at
        FROM batch b JOIN mailing g ON g.id = b.mailing_id WHERE {condition} ORDER BY b.id
        """  # noqa: S608 - a constant of this module
    )


UNPUBLISHED, BATCH = _batches(_WRITTEN_BEFORE), _batches("b.id = :id")


def _members(columns: str, condition: str) -> TextClause:
    return text(
        f"""
        SELECT m.id, m.client_id, m.timezone AS wave, m.dispatch, m.text, m.text_revision,
            m.text_sha256, m.returned_at, c.revision, c.phone AS address, c.deleted, c.timezone,
            c.operator_code, c.tags, c.blocked{columns}
        FROM message m JOIN client c ON c.id = m.client_id JOIN mailing g ON g.id = m.mailing_id
        WHERE {condition}
        """  # noqa: S608 - a constant of this module
    )


_MORE_OF_RECIPIENT = ", c.phone, c.email, c.name, c.attributes"
# Whoever was brought back, or taken back, since the batch was written is under another dispatch.
_OF_BATCH = """
    m.id = ANY (SELECT unnest(message_ids) FROM batch WHERE id = :batch) AND m.state = :state
    ORDER BY m.id
"""
MEMBERS, RECIPIENTS = _members("", _OF_BATCH), _members(_MORE_OF_RECIPIENT, _OF_BATCH)
_OF_HELD = f"""
    m.mailing_id = :mailing AND m.ends_at IS NOT DISTINCT FROM CAST(:ends_at AS text) AND {_DUE}
    ORDER BY m.due_at, m.id LIMIT :limit
"""
HELD, HELD_RECIPIENTS = _members("", _OF_HELD), _members(_MORE_OF_RECIPIENT, _OF_HELD)

HOLD = text(
    """
    UPDATE message m SET
        state = 'held', due_at = s.due_at, dispatch = s.dispatch + 1, returned_at = s.returned_at,
        until_mailing_revision = s.mailing_revision, until_client_revision = s.client_revision
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:dispatches AS integer[]), CAST(:dues AS timestamptz[]),
        CAST(:returned AS timestamptz[]),
        CAST(:mailing_revisions AS bigint[]), CAST(:client_revisions AS bigint[])
    ) AS s (id, dispatch, due_at, returned_at, mailing_revision, client_revision)
    WHERE m.id = s.id AND m.dispatch = s.dispatch AND m.state = 'queued'
    """
)
# What was perhaps said counts whichever dispatch said it: what is still to come must repeat it. Of
# a client who is gone the hash is kept, which says that there was something. They are locked, so
# that nobody goes meanwhile and leaves a text behind.
KEEP_TEXTS = text(
    f"""
    WITH said AS (
        SELECT s.id, s.text, s.revision, m.client_id
        FROM unnest(CAST(:ids AS bigint[]), CAST(:texts AS text[]), CAST(:revisions AS bigint[]))
            AS s (id, text, revision) JOIN message m ON m.id = s.id
    ), known AS MATERIALIZED (
        SELECT id, deleted FROM client WHERE id IN (SELECT client_id FROM said)
        ORDER BY id FOR SHARE
    )
    UPDATE message m SET
        text = CASE WHEN k.deleted THEN NULL ELSE s.text END, text_revision = s.revision,
        text_sha256 = CASE WHEN k.deleted THEN {sha256_of("s.text")} ELSE m.text_sha256 END
    FROM said s LEFT JOIN known k ON k.id = s.client_id
    WHERE m.id = s.id AND m.text IS NULL
    """  # noqa: S608 - of constants
)
EMIT_AGAIN = text(
    """
    UPDATE message SET state = :state, due_at = :due_at, ended_as = :ended_as, reason = :reason,
        detail = :detail, told_at = :now,
        until_mailing_revision = NULL, until_client_revision = NULL
    WHERE id = ANY (CAST(:ids AS bigint[])) AND state = 'held' RETURNING id
    """
)
