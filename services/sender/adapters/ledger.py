"""The ledger in PostgreSQL: one statement per batch, never one per command."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from services.sender.adapters.ledger_engine import fetch
from services.sender.adapters.ledger_sql import CLAIM, FOLLOW, LOOK, RECORD_CALLS, RECORD_UNCALLED
from services.sender.domain.outcomes import Outcome, Told
from services.sender.domain.verdicts import LEAST_LEFT, GateState, Look, Recorded
from services.sender.domain.work import Work
from services.sender.ports import RecordedAs


class PostgresLedger:
    def __init__(self, engine: AsyncEngine, *, holder: str, lease: float, idempotent: bool) -> None:
        """``holder``: names this process and no other, not even a later one of the same name;
        ``lease``: seconds; ``idempotent``: the provider knows an id again."""
        # Every method is one statement, a transaction of its own: BEGIN and COMMIT would be two
        # more round trips.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._holder = {"holder": holder}
        self._claim_rules = (holder, lease, LEAST_LEFT, idempotent)

    async def claim(self, works: Sequence[Work]) -> Mapping[int, bool]:
        claims = [_claim(work) for work in sorted(works, key=_message_id)]
        rows = await fetch(self._engine, CLAIM, claims, *self._claim_rules)
        return {row[0]: row[1] for row in rows}

    async def look(self, works: Sequence[Work]) -> Sequence[Look]:
        values = {
            "message_ids": [work.message_id for work in works],
            "mailing_ids": [work.parcel.letter.mailing_id for work in works],
            "client_ids": [work.command.client_id for work in works],
        }
        async with self._engine.connect() as connection:
            rows = await connection.execute(LOOK, values | self._holder)
            looks = {row.message_id: _look(row) for row in rows}
        return [looks[work.message_id] for work in works]

    async def record_calls(self, outcomes: Sequence[Outcome]) -> Mapping[int, RecordedAs]:
        calls = [_called(outcome) for outcome in sorted(outcomes, key=_message_id_of)]
        rows = await fetch(self._engine, RECORD_CALLS, calls, self._holder["holder"])
        return {row[0]: RecordedAs(row[1], row[2]) for row in rows}

    async def follow(self, tolds: Sequence[Told]) -> None:
        tolds = sorted(tolds, key=lambda told: told.outcome.work.message_id)
        values = {
            "message_ids": [told.outcome.work.message_id for told in tolds],
            "dispatches": [told.dispatch for told in tolds],
            "attempts": [told.attempt for told in tolds],
            "details": [told.outcome.detail for told in tolds],
        }
        async with self._engine.connect() as connection:
            await connection.execute(FOLLOW, values)

    async def record_uncalled(self, outcomes: Sequence[Outcome]) -> Mapping[int, bool]:
        outcomes = sorted(outcomes, key=_message_id_of)
        identity = _identity([outcome.work for outcome in outcomes])
        values = (
            identity
            | _outcome_values(outcomes)
            | {
                "mailing_revisions": [outcome.mailing_revision for outcome in outcomes],
                "client_revisions": [outcome.client_revision for outcome in outcomes],
            }
        )
        async with self._engine.connect() as connection:
            rows = await connection.execute(RECORD_UNCALLED, values | self._holder)
            return {row[0]: row[1] for row in rows}


def _message_id(work: Work) -> int:
    return work.command.message_id


def _message_id_of(outcome: Outcome) -> int:
    return outcome.work.command.message_id


def _claim(work: Work) -> tuple[Any, ...]:
    """A value of the type of this name; so are those of ``_called``."""
    command, letter = work.command, work.parcel.letter
    return (
        command.message_id,
        letter.mailing_id,
        command.client_id,
        letter.timezone,
        command.dispatch,
        command.attempt,
        command.unknown,
        letter.mailing_revision,
        command.client_revision,
        letter.not_after,
    )


def _called(outcome: Outcome) -> tuple[Any, ...]:
    command = outcome.work.command
    return (
        command.message_id,
        command.dispatch,
        command.attempt,
        outcome.kind,
        outcome.due,
        outcome.uncertain,
        outcome.at,
        outcome.reason,
        outcome.detail,
        outcome.http_status,
        outcome.latency_ms,
        outcome.next_attempt_at,
    )


def _identity(works: Sequence[Work]) -> dict[str, Any]:
    commands = [work.command for work in works]
    letters = [work.parcel.letter for work in works]
    return {
        "message_ids": [command.message_id for command in commands],
        "mailing_ids": [letter.mailing_id for letter in letters],
        "client_ids": [command.client_id for command in commands],
        "timezones": [letter.timezone for letter in letters],
        "dispatches": [command.dispatch for command in commands],
        "attempts": [command.attempt for command in commands],
    }


def _outcome_values(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "states": [outcome.kind for outcome in outcomes],
        "uncertain": [outcome.uncertain for outcome in outcomes],
        "happened_at": [outcome.at for outcome in outcomes],
        "reasons": [outcome.reason for outcome in outcomes],
        "details": [outcome.detail for outcome in outcomes],
    }


def _look(row: Row[Any]) -> Look:
    return Look(
        now=row.now,
        recorded=None if row.state is None else _recorded(row),
        mailing_gate=_gate(row.mailing_gate, row.mailing_closed),
        client_gate=_gate(row.client_gate, row.client_closed),
    )


def _gate(revision: int | None, closed: bool | None) -> GateState | None:
    return None if revision is None else GateState(revision, bool(closed))


def _recorded(row: Row[Any]) -> Recorded:
    return Recorded(
        dispatch=row.dispatch,
        attempt=row.attempt,
        state=row.state,
        uncertain=row.uncertain,
        ours=row.ours,
        lease_live=bool(row.lease_live),
        lease_until=row.lease_until,
        called=row.called,
        at=row.happened_at,
        reason=row.reason,
        detail=row.detail,
        http_status=row.http_status,
        latency_ms=row.latency_ms,
        next_attempt_at=row.next_attempt_at,
        mailing_revision=row.mailing_revision,
        client_revision=row.client_revision,
    )
