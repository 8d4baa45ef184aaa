"""The ledger's statements. Each takes arrays, one element per command, in the order of the ids:
two senders that touch the same rows then lock them in the same order.

Every row is found by its key: see ``make_ledger_engine``.

``now()`` is the database's: leases and deadlines mean the same on every host.
"""

from sqlalchemy import text

# Whether a row may be taken over: nobody else is (or may still be) calling about it. A lease of
# our own is no obstacle: what we are calling about never comes here a second time, so such a row
# is one whose claim was written and whose answer to us was lost.
_NOBODY_CALLS = """
    (l.state <> 'claimed' OR l.holder = excluded.holder OR l.lease_until < now())
"""

# Compare and set. A higher dispatch than recorded, or the same at the attempt that is due; never
# a message that was sent.
_IS_DUE = f"""
    l.state <> 'sent' AND {_NOBODY_CALLS} AND (
        excluded.dispatch > l.dispatch
        OR (excluded.dispatch = l.dispatch
            AND excluded.attempt >= l.attempt
            AND l.state IN ('retrying', 'claimed'))
    )
"""

# A call whose sender fell silent is followed by another, under whatever dispatch, only where the
# provider knows the id again ($5).
_MAY_CALL = f"""
    {_IS_DUE} AND ($5 OR l.state <> 'claimed' OR l.holder = excluded.holder)
"""

# What is left of a lease that ran out is a call nobody heard the end of.
_UNCERTAIN = """
    l.uncertain OR excluded.uncertain
    OR (l.state = 'claimed' AND l.holder <> excluded.holder)
"""


# A look-up per row by the primary key, whatever the planner thinks of the table's size.
def _passes(kind: str, id_: str, revision: str) -> str:
    return f"""
        coalesce(
            (SELECT {revision} >= gate.revision + CAST(gate.closed AS integer)
             FROM gate WHERE gate.kind = '{kind}' AND gate.id = {id_}),
            true
        )
    """  # noqa: S608 - made of constants


# Where there is much of it, each row is one value of a composite type: of arrays, one per column,
# asyncpg asks every element whether it is an array itself, and PostgreSQL reads each by itself.

# $1: the rows; $2: the holder; $3: seconds of the lease; $4: what must be left until the deadline;
# $5: whether the provider knows an id again.
CLAIM = f"""
    INSERT INTO ledger AS l (message_id, mailing_id, client_id, timezone, dispatch, attempt,
                             uncertain, state, holder, lease_until)
    SELECT message_id, mailing_id, client_id, timezone, dispatch, attempt, uncertain,
           'claimed', $2, now() + make_interval(secs => $3)
    FROM unnest(CAST($1 AS claim[])) AS c
    WHERE now() + CAST($4 AS interval) < not_after
      AND {_passes("mailing", "c.mailing_id", "c.mailing_revision")}
      AND {_passes("client", "c.client_id", "c.client_revision")}
    ON CONFLICT (message_id) DO UPDATE
    SET dispatch = excluded.dispatch, attempt = excluded.attempt, state = 'claimed',
        uncertain = {_UNCERTAIN}, holder = excluded.holder, lease_until = excluded.lease_until
    WHERE {_MAY_CALL}
    RETURNING message_id, uncertain
"""  # noqa: S608 - made of constants

# $1: the rows; $2: the holder. The news that a message was sent overrules whatever its row has
# become, and takes its place in the message's life from there; every other outcome needs the claim
# it was called under.
RECORD_CALLS = """
    UPDATE ledger AS l
    SET state = o.state, called = l.attempt,
        attempt = CASE o.state WHEN 'retrying' THEN o.due ELSE l.attempt END,
        uncertain = o.uncertain, happened_at = o.happened_at, reason = o.reason,
        detail = o.detail, http_status = o.http_status, latency_ms = o.latency_ms,
        next_attempt_at = o.next_attempt_at, mailing_revision = NULL, client_revision = NULL
    FROM unnest(CAST($1 AS called[])) AS o
    WHERE l.message_id = o.message_id
      AND ((l.state = 'claimed' AND l.holder = $2
            AND l.dispatch = o.dispatch AND l.attempt = o.attempt)
           OR (o.state = 'sent' AND l.state <> 'sent' AND l.dispatch >= o.dispatch))
    RETURNING l.message_id, l.dispatch, l.called
"""

RECORD_UNCALLED = text(
    f"""
    INSERT INTO ledger AS l (message_id, mailing_id, client_id, timezone, dispatch, attempt,
                             called, uncertain, state, holder, happened_at, reason, detail,
                             mailing_revision, client_revision)
    SELECT message_id, mailing_id, client_id, timezone, dispatch, attempt, attempt, uncertain,
           state, :holder, happened_at, reason, detail, mailing_revision, client_revision
    FROM unnest(CAST(:message_ids AS bigint[]), CAST(:mailing_ids AS bigint[]),
                CAST(:client_ids AS bigint[]), CAST(:timezones AS text[]),
                CAST(:dispatches AS integer[]), CAST(:attempts AS integer[]),
                CAST(:uncertain AS boolean[]), CAST(:states AS text[]),
                CAST(:happened_at AS timestamptz[]), CAST(:reasons AS text[]),
                CAST(:details AS text[]), CAST(:mailing_revisions AS bigint[]),
                CAST(:client_revisions AS bigint[]))
         AS c (message_id, mailing_id, client_id, timezone, dispatch, attempt, uncertain,
               state, happened_at, reason, detail, mailing_revision, client_revision)
    ON CONFLICT (message_id) DO UPDATE
    SET dispatch = excluded.dispatch, attempt = excluded.attempt, called = excluded.called,
        state = excluded.state, uncertain = {_UNCERTAIN}, holder = excluded.holder,
        happened_at = excluded.happened_at, reason = excluded.reason, detail = excluded.detail,
        http_status = NULL, latency_ms = NULL, next_attempt_at = NULL,
        mailing_revision = excluded.mailing_revision, client_revision = excluded.client_revision
    WHERE {_IS_DUE}
    RETURNING message_id, uncertain
    """  # noqa: S608 - made of constants
)

FOLLOW = text(
    """
    UPDATE ledger AS l
    SET dispatch = o.dispatch, attempt = o.attempt, called = o.attempt, detail = o.detail
    FROM unnest(CAST(:message_ids AS bigint[]), CAST(:dispatches AS integer[]),
                CAST(:attempts AS integer[]), CAST(:details AS text[]))
         AS o (message_id, dispatch, attempt, detail)
    WHERE l.message_id = o.message_id AND l.state = 'sent' AND l.dispatch < o.dispatch
    """
)

LOOK = text(
    """
    SELECT now() AS now, c.message_id,
           l.dispatch, l.attempt, l.state, l.uncertain, l.holder = :holder AS ours,
           l.lease_until >= now() AS lease_live, l.lease_until, l.called, l.happened_at, l.reason,
           l.detail, l.http_status, l.latency_ms, l.next_attempt_at, l.mailing_revision,
           l.client_revision,
           m.revision AS mailing_gate, m.closed AS mailing_closed,
           p.revision AS client_gate, p.closed AS client_closed
    FROM unnest(CAST(:message_ids AS bigint[]), CAST(:mailing_ids AS bigint[]),
                CAST(:client_ids AS bigint[])) AS c (message_id, mailing_id, client_id)
    LEFT JOIN ledger l ON l.message_id = c.message_id
    LEFT JOIN gate m ON m.kind = 'mailing' AND m.id = c.mailing_id
    LEFT JOIN gate p ON p.kind = 'client' AND p.id = c.client_id
    """
)
