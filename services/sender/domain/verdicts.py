"""What to do with a command that the ledger did not give out, looking at what it holds instead.

A duplicate is a normal path: the broker redelivers, a sender dies between recording and
acknowledging, the scheduler publishes a batch again. So the order matters. *What is recorded comes
first*: an outcome of this very command is published again, under the same event id. Then *who has
it*: under somebody's live lease it waits. Only then *may it begin*: gates, the client's window.

A **question** is about a message whose end the scheduler never heard of: lost with a broker's disk,
mostly. It starts no call, whatever it finds. What is recorded is told again; what may still come to
an end by itself is waited for; what nobody knows of goes back; and of what a sender had in hand
when it fell silent it can only be said that it is unknown.

A command older than the record is done with: a later attempt, or dispatch, exists only because the
outcome of this one was published before its retry was (see ``handlers/publishing.py``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.sender.domain.decisions import WINDOW_CLOSED, Rules, tier_for
from services.sender.domain.failures import OutcomeUnknown
from services.sender.domain.outcomes import (
    Outcome,
    OutcomeKind,
    Retry,
    Settlement,
    Told,
    due_command,
)
from services.sender.domain.work import Work

# Between the claim and the call some milliseconds pass, in which a window may close; a claim that
# takes longer than this is looked at again before its calls begin.
LEAST_LEFT = timedelta(seconds=0.25)
# A retry whose time has come, and what a dead sender had in hand, wait in queues behind others: as
# long as this they may still be on their way, longer they are lost.
ON_ITS_WAY = timedelta(minutes=10)

GATE_CLOSED = "gate_closed"
GATE_MOVED = "gate_moved"
UNHEARD = "unheard"
SENT_EARLIER = "No call was made: an earlier dispatch had been accepted."

State = Literal["claimed", "retrying", "sent", "failed", "unknown", "returned"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row of the ledger. ``attempt`` is claimed or due; the outcome is that of ``called``."""

    dispatch: int
    attempt: int
    state: State
    uncertain: bool
    ours: bool  # this process holds the lease
    lease_live: bool
    lease_until: datetime | None = None
    called: int | None = None
    at: datetime | None = None
    reason: str | None = None
    detail: str | None = None
    http_status: int | None = None
    latency_ms: int | None = None
    next_attempt_at: datetime | None = None
    mailing_revision: int | None = None
    client_revision: int | None = None

    @property
    def tier(self) -> int | None:
        """Seconds from the outcome to the attempt that is due."""
        if self.next_attempt_at is None or self.at is None:
            return None
        return round((self.next_attempt_at - self.at).total_seconds())


@dataclass(frozen=True, slots=True)
class GateState:
    revision: int
    closed: bool

    def stops(self, revision: int) -> bool:
        return revision < self.revision or (self.closed and revision == self.revision)


@dataclass(frozen=True, slots=True)
class Look:
    """What the ledger and the gates hold for one command, at the database's ``now``."""

    now: datetime
    recorded: Recorded | None = None
    mailing_gate: GateState | None = None
    client_gate: GateState | None = None

    @property
    def under_our_lease(self) -> bool:
        return self.recorded is not None and self.recorded.ours and self.recorded.lease_live


@dataclass(frozen=True, slots=True)
class ClaimAgain:
    """Nothing stands against it (any more)."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Nothing is to be recorded; publish this, then the command is done with."""

    settlement: Settlement


@dataclass(frozen=True, slots=True)
class Record:
    """Record this without a call, then publish it."""

    outcome: Outcome


Verdict = ClaimAgain | Settle | Record


def judge(work: Work, look: Look, rules: Rules) -> Verdict:
    recorded = look.recorded
    if work.parcel.letter.question:
        return _answer(work, look, rules)
    if recorded is None:
        return _may_it_begin(work, look)
    if recorded.state == "sent":
        return Settle(Settlement(work, _sent(work, recorded)))
    if recorded.dispatch > work.command.dispatch:
        return Settle(Settlement(work))
    if recorded.state == "claimed":
        return _judge_claimed(work, look, recorded, rules)
    if recorded.dispatch < work.command.dispatch:
        return _may_it_begin(work, look)
    if recorded.state == "retrying":
        return _judge_retrying(work, look, recorded, rules)
    return Settle(Settlement(work, _recorded(work, recorded)))


def _judge_claimed(work: Work, look: Look, recorded: Recorded, rules: Rules) -> Verdict:
    if recorded.lease_live and not recorded.ours:
        return Settle(Settlement(work, None, Retry(rules.shortest, work.command)))
    same_dispatch = recorded.dispatch == work.command.dispatch
    if same_dispatch and recorded.attempt > work.command.attempt:
        return Settle(Settlement(work))
    if not recorded.ours and not rules.idempotent:
        return Record(_never_reported(work, look.now))
    return _may_it_begin(work, look)


def _judge_retrying(work: Work, look: Look, recorded: Recorded, rules: Rules) -> Verdict:
    if work.command.attempt >= recorded.attempt:
        return _may_it_begin(work, look)
    if work.command.attempt != recorded.called:
        return Settle(Settlement(work))
    told = _recorded(work, recorded)
    return Settle(Settlement(work, told, _retry_again(work, look, recorded, rules)))


def _retry_again(work: Work, look: Look, recorded: Recorded, rules: Rules) -> Retry:
    due_at = recorded.next_attempt_at or look.now
    tier = tier_for((due_at - look.now).total_seconds(), rules.tiers)
    return Retry(tier, due_command(work, recorded.attempt, recorded.uncertain))


def _may_it_begin(work: Work, look: Look) -> Verdict:
    stopped = _stopped(work, look)
    if stopped is not None:
        return Record(stopped)
    if look.now + LEAST_LEFT >= work.parcel.letter.not_after:
        return Record(_returned(work, look.now, WINDOW_CLOSED))
    return ClaimAgain()


def _stopped(work: Work, look: Look) -> Outcome | None:
    mailing, client = look.mailing_gate, look.client_gate
    by_mailing = mailing is not None and mailing.stops(work.parcel.letter.mailing_revision)
    by_client = client is not None and client.stops(work.command.client_revision)
    stopping = [gate for gate, stops in ((mailing, by_mailing), (client, by_client)) if stops]
    if not stopping:
        return None
    closed = any(gate is not None and gate.closed for gate in stopping)
    return _returned(work, look.now, GATE_CLOSED if closed else GATE_MOVED)._replace(
        mailing_revision=mailing.revision if mailing is not None and by_mailing else None,
        client_revision=client.revision if client is not None and by_client else None,
    )


def _returned(work: Work, now: datetime, reason: str) -> Outcome:
    command = work.command
    return Outcome(work, "returned", now, command.attempt, reason, uncertain=command.unknown)


def _never_reported(work: Work, now: datetime) -> Outcome:
    return Outcome(
        work,
        "unknown",
        now,
        work.command.attempt,
        OutcomeUnknown.reason,
        "The sender that made the call never reported its outcome.",
        uncertain=True,
    )


def _answer(work: Work, look: Look, rules: Rules) -> Verdict:
    recorded = look.recorded
    if recorded is None:
        return Record(_returned(work, look.now, UNHEARD))
    if recorded.state == "sent":
        return Settle(Settlement(work, _sent(work, recorded)))
    if recorded.dispatch > work.command.dispatch:
        return Settle(Settlement(work))
    if recorded.state == "claimed":
        left = _on_its_way(recorded.lease_until, look.now)
        if left > 0:
            return Settle(Settlement(work, None, Retry(tier_for(left, rules.tiers), work.command)))
        return Record(_never_reported(_at_attempt(work, recorded), look.now))
    if recorded.dispatch < work.command.dispatch:
        return _lost(work, look, recorded)
    if recorded.state == "retrying" and _on_its_way(recorded.next_attempt_at, look.now) <= 0:
        return _lost(_at_attempt(work, recorded), look, recorded)
    return Settle(Settlement(work, _recorded(work, recorded)))


def _on_its_way(due_at: datetime | None, now: datetime) -> float:
    """Seconds for which what was due then may still be on its way."""
    return 0.0 if due_at is None else (due_at + ON_ITS_WAY - now).total_seconds()


def _lost(work: Work, look: Look, recorded: Recorded) -> Verdict:
    """No call will come of what is recorded. Another one might say another text than the first, and
    nobody has the first any more: so what was perhaps accepted ends here."""
    if recorded.uncertain or recorded.state == "unknown":
        return Record(_never_reported(work, look.now))
    return Record(_returned(work, look.now, UNHEARD))


def _at_attempt(work: Work, recorded: Recorded) -> Work:
    """The question as one about the attempt that is recorded."""
    if recorded.dispatch < work.command.dispatch:
        return work
    return Work(due_command(work, recorded.attempt, recorded.uncertain), work.parcel)


def _sent(work: Work, recorded: Recorded) -> Told:
    """A dispatch after the sending is told so under its own number, or it would never end."""
    command = work.command
    told = _recorded(work, recorded)
    if command.dispatch <= recorded.dispatch:
        return told
    outcome = told.outcome._replace(detail=SENT_EARLIER, http_status=None, latency_ms=None)
    return Told(outcome, command.dispatch, command.attempt)


def is_followed(told: Told) -> bool:
    """Whether it tells of a sending under a later dispatch than that of the sending."""
    return told.outcome.kind == "sent" and told.outcome.detail == SENT_EARLIER


def _recorded(work: Work, recorded: Recorded) -> Told:
    kind: OutcomeKind | Literal["claimed"] = recorded.state
    if kind == "claimed" or recorded.called is None or recorded.at is None:
        raise ValueError("A row that is claimed for the first time has no outcome")
    outcome = Outcome(
        work=work,
        kind=kind,
        at=recorded.at,
        due=recorded.attempt,
        reason=recorded.reason,
        detail=recorded.detail,
        http_status=recorded.http_status,
        latency_ms=recorded.latency_ms,
        uncertain=recorded.uncertain,
        tier=recorded.tier if kind == "retrying" else None,
        mailing_revision=recorded.mailing_revision,
        client_revision=recorded.client_revision,
    )
    return Told(outcome, recorded.dispatch, recorded.called)
