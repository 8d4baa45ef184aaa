"""What became of a command: what the ledger records, and what is to be published of it."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from services.sender.domain.decisions import (
    Decision,
    Failed,
    RetryIn,
    ReturnToPlan,
    Rules,
    Sent,
    Unknown,
    decide,
)
from services.sender.domain.failures import Accepted, Result
from services.sender.domain.work import Work
from shared.contracts.commands import SendCommand

OutcomeKind = Literal["sent", "retrying", "failed", "unknown", "returned"]


class Outcome(NamedTuple):
    """``due``: the attempt that is due now, the next one when retrying, else the command's;
    ``uncertain``: some call of the message may have been accepted, this one or an earlier."""

    work: Work
    kind: OutcomeKind
    at: datetime
    due: int
    reason: str | None = None
    detail: str | None = None
    http_status: int | None = None
    latency_ms: int | None = None
    uncertain: bool = False
    tier: int | None = None
    mailing_revision: int | None = None
    client_revision: int | None = None

    @property
    def next_attempt_at(self) -> datetime | None:
        return None if self.tier is None else self.at + timedelta(seconds=self.tier)


class Retry(NamedTuple):
    """A command to be seen again after ``tier`` seconds."""

    tier: int
    command: SendCommand


class Told(NamedTuple):
    """An outcome to be told, under its place in the message's life."""

    outcome: Outcome
    dispatch: int
    attempt: int


class Settlement(NamedTuple):
    """What must be published before a command may be forgotten; both None: nothing."""

    work: Work
    told: Told | None = None
    retry: Retry | None = None


def outcome_of_call(
    work: Work,
    result: Result,
    *,
    uncertain: bool,
    now: datetime,
    latency_ms: int,
    rules: Rules,
    outage: bool = False,
) -> Outcome:
    """``uncertain``: some earlier attempt's outcome was never learnt; ``outage``: see decide."""
    attempt = work.command.attempt
    if isinstance(result, Accepted):
        return Outcome(
            work, "sent", now, attempt, None, None, result.http_status, latency_ms, uncertain
        )
    decision = decide(
        result,
        attempt=attempt,
        uncertain=uncertain,
        now=now,
        not_after=work.parcel.letter.not_after,
        rules=rules,
        outage=outage,
    )
    retry = decision if isinstance(decision, RetryIn) else None
    return Outcome(
        work,
        _kind(decision),
        now,
        retry.attempt if retry else attempt,
        decision.reason if isinstance(decision, ReturnToPlan) else result.reason,
        result.sentence,
        result.http_status,
        latency_ms,
        uncertain or result.perhaps_accepted,
        retry.tier if retry else None,
    )


def _kind(decision: Decision) -> OutcomeKind:
    match decision:
        case Sent():
            return "sent"
        case RetryIn():
            return "retrying"
        case Failed():
            return "failed"
        case Unknown():
            return "unknown"
        case ReturnToPlan():
            return "returned"


def settlement(outcome: Outcome, dispatch: int, attempt: int) -> Settlement:
    """``dispatch`` and ``attempt``: those under which the ledger recorded it."""
    return Settlement(outcome.work, Told(outcome, dispatch, attempt), _retry(outcome))


def _retry(outcome: Outcome) -> Retry | None:
    if outcome.tier is None:
        return None
    return Retry(outcome.tier, due_command(outcome.work, outcome.due, outcome.uncertain))


def due_command(work: Work, attempt: int, uncertain: bool) -> SendCommand:
    return work.command._replace(attempt=attempt, unknown=uncertain)
