"""What becomes of a command that the ledger did not give out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.sender.domain.decisions import Rules
from services.sender.domain.outcomes import Retry, Settlement
from services.sender.domain.verdicts import (
    ClaimAgain,
    GateState,
    Look,
    Record,
    Recorded,
    Settle,
    Verdict,
    judge,
)
from services.sender.domain.work import Work
from tests.unit.services.sender.fakes import START, command, work

RULES = Rules((5, 30, 120))
ONCE_ONLY = Rules((5, 30, 120), idempotent=False)


def row(state: Any, dispatch: int = 1, attempt: int = 1, **changes: Any) -> Recorded:
    recorded = Recorded(dispatch, attempt, state, False, False, False, called=attempt, at=START)
    return replace(recorded, **changes)


def verdict(its: Work, recorded: Recorded | None, rules: Rules = RULES, **look: Any) -> Verdict:
    return judge(its, Look(now=START, recorded=recorded, **look), rules)


def published(found: Verdict) -> tuple[str, int, int] | None:
    """(kind, dispatch, attempt) of the event that is published again; None when absorbed."""
    assert isinstance(found, Settle)
    told = found.settlement.told
    return None if told is None else (told.outcome.kind, told.dispatch, told.attempt)


@pytest.mark.parametrize(
    ("recorded", "dispatch", "attempt", "event"),
    [
        (row("sent"), 1, 1, ("sent", 1, 1)),
        (row("sent", attempt=2), 1, 1, ("sent", 1, 2)),
        (row("failed"), 1, 1, ("failed", 1, 1)),
        (row("unknown", attempt=3), 1, 3, ("unknown", 1, 3)),
        (row("returned", attempt=2), 1, 1, ("returned", 1, 2)),
        # Sent under an earlier dispatch: told under the command's own, or it would never end.
        (row("sent", attempt=3), 2, 1, ("sent", 2, 1)),
        (row("sent", dispatch=3), 2, 1, ("sent", 3, 1)),
        # A later dispatch exists, so this one's return was published.
        (row("returned", dispatch=2), 1, 1, None),
        (row("claimed", dispatch=2, lease_live=True), 1, 1, None),
        (row("claimed", attempt=2), 1, 1, None),
        (row("claimed", attempt=2, ours=True, lease_live=True), 1, 1, None),
        (row("retrying", attempt=4, called=3), 1, 2, None),
        # Throttled: attempt 2 is due again, attempt 1 is long over.
        (row("retrying", attempt=2, called=2), 1, 1, None),
    ],
)
def test_what_is_recorded_is_published_again_or_absorbed(
    recorded: Recorded, dispatch: int, attempt: int, event: tuple[str, int, int] | None
) -> None:
    found = verdict(work(command(dispatch=dispatch, attempt=attempt)), recorded)
    assert published(found) == event
    assert isinstance(found, Settle)
    assert found.settlement.retry is None


@pytest.mark.parametrize(("seconds", "tier"), [(-60, 5), (4, 5), (29, 30), (100, 120)])
def test_recorded_retry_goes_out_again_for_the_time_left(seconds: int, tier: int) -> None:
    one = work()
    due = START + timedelta(seconds=seconds)
    recorded = row("retrying", attempt=2, called=1, uncertain=True, next_attempt_at=due)
    found = verdict(one, recorded)
    assert published(found) == ("retrying", 1, 1)
    assert isinstance(found, Settle)
    again = one.command._replace(attempt=2, unknown=True)
    assert found.settlement.retry == Retry(tier, again)


@pytest.mark.parametrize("dispatch", [1, 2])
def test_foreign_live_lease_puts_off(dispatch: int) -> None:
    one = work(command(dispatch=dispatch))
    found = verdict(one, row("claimed", lease_live=True))
    assert found == Settle(Settlement(one, None, Retry(5, one.command)))


@pytest.mark.parametrize(
    ("recorded", "dispatch", "attempt"),
    [
        (None, 1, 1),
        (row("claimed"), 1, 1),
        (row("claimed"), 1, 2),
        (row("claimed"), 2, 1),
        (row("claimed", ours=True, lease_live=True), 1, 1),
        (row("retrying", attempt=2, called=1), 1, 2),
        (row("retrying", attempt=2, called=2), 1, 2),
        (row("returned"), 2, 1),
        (row("failed"), 2, 1),
    ],
)
def test_nothing_against_it_is_claimed_again(
    recorded: Recorded | None, dispatch: int, attempt: int
) -> None:
    assert verdict(work(command(dispatch=dispatch, attempt=attempt)), recorded) == ClaimAgain()


@pytest.mark.parametrize(("dispatch", "attempt"), [(1, 1), (1, 2), (2, 1)])
def test_silent_sender_leaves_an_unknown_where_calls_cannot_be_repeated(
    dispatch: int, attempt: int
) -> None:
    """Under a later dispatch, too: it is another call all the same."""
    one = work(command(dispatch=dispatch, attempt=attempt))
    found = verdict(one, row("claimed"), ONCE_ONLY)
    assert isinstance(found, Record)
    assert (found.outcome.kind, found.outcome.reason) == ("unknown", "outcome_unknown")
    assert found.outcome.work is one
    ours = row("claimed", ours=True, lease_live=True)
    assert verdict(work(), ours, ONCE_ONLY) == ClaimAgain()


@pytest.mark.parametrize(
    ("gate", "revision", "stops"),
    [
        (GateState(3, closed=True), 2, True),
        (GateState(3, closed=True), 3, True),
        (GateState(3, closed=True), 4, False),
        (GateState(3, closed=False), 2, True),
        (GateState(3, closed=False), 3, False),
        (GateState(3, closed=False), 4, False),
    ],
)
def test_which_revisions_a_gate_stops(gate: GateState, revision: int, stops: bool) -> None:
    assert gate.stops(revision) is stops


@pytest.mark.parametrize(
    ("mailing", "client", "reason", "mailing_revision", "client_revision"),
    [
        (GateState(2, closed=True), None, "gate_closed", 2, None),
        (GateState(2, closed=False), None, "gate_moved", 2, None),
        (None, GateState(5, closed=False), "gate_moved", None, 5),
        (GateState(2, closed=False), GateState(5, closed=True), "gate_closed", 2, 5),
        (GateState(1, closed=False), GateState(5, closed=True), "gate_closed", None, 5),
    ],
)
def test_gates_return_with_the_revision_that_stopped(
    mailing: GateState | None,
    client: GateState | None,
    reason: str,
    mailing_revision: int | None,
    client_revision: int | None,
) -> None:
    found = verdict(work(), None, mailing_gate=mailing, client_gate=client)
    assert isinstance(found, Record)
    outcome = found.outcome
    assert (outcome.kind, outcome.reason) == ("returned", reason)
    assert (outcome.mailing_revision, outcome.client_revision) == (
        mailing_revision,
        client_revision,
    )


def test_what_is_recorded_comes_before_gates() -> None:
    closed = GateState(9, closed=True)
    assert published(verdict(work(), row("sent"), mailing_gate=closed)) == ("sent", 1, 1)


@pytest.mark.parametrize(("left", "returns"), [(0, True), (-1, True), (0.2, True), (1, False)])
def test_after_the_window_it_returns(left: float, returns: bool) -> None:
    found = verdict(work(not_after=START + timedelta(seconds=left)), None)
    if returns:
        assert isinstance(found, Record)
        assert (found.outcome.kind, found.outcome.reason) == ("returned", "window_closed")
    else:
        assert found == ClaimAgain()
