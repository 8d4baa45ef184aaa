"""What a sender answers when the scheduler asks after a message that it never heard of again."""

from datetime import timedelta
from typing import Any

import pytest

from services.sender.domain.decisions import Rules
from services.sender.domain.events import delivery_events
from services.sender.domain.outcomes import Outcome, Retry, Settlement, Told
from services.sender.domain.verdicts import (
    ON_ITS_WAY,
    GateState,
    Look,
    Record,
    Recorded,
    Settle,
    Verdict,
    judge,
)
from services.sender.domain.work import Work
from shared.contracts.commands import LONG_OVER
from tests.unit.services.sender.domain.test_verdicts import row
from tests.unit.services.sender.fakes import START, command, work

RULES = Rules((5, 30, 120, 600))
LONG_AGO = START - ON_ITS_WAY
LATELY = LONG_AGO + timedelta(seconds=100)


def question(**facts: Any) -> Work:
    return work(command(address="", **facts), text="", not_after=LONG_OVER, question=True)


def answer(its: Work, recorded: Recorded | None, rules: Rules = RULES, **look: Any) -> Verdict:
    return judge(its, Look(now=START, recorded=recorded, **look), rules)


def recorded_now(found: Verdict) -> Outcome:
    assert isinstance(found, Record)
    return found.outcome


def lost_retry(**facts: Any) -> Recorded:
    return row("retrying", attempt=3, called=2, next_attempt_at=LONG_AGO, **facts)


def silent(**facts: Any) -> Recorded:
    return row("claimed", lease_until=LONG_AGO, **facts)


@pytest.mark.parametrize(
    ("recorded", "dispatch", "told"),
    [
        (row("sent"), 1, ("sent", 1, 1)),
        (row("sent", attempt=3), 2, ("sent", 2, 1)),
        (row("sent", dispatch=3), 2, ("sent", 3, 1)),
        (row("failed", attempt=4), 1, ("failed", 1, 4)),
        (row("unknown", attempt=2), 1, ("unknown", 1, 2)),
        (row("returned"), 1, ("returned", 1, 1)),
        (row("retrying", attempt=2, called=1, next_attempt_at=LATELY), 1, ("retrying", 1, 1)),
        (row("retrying", attempt=5, called=4, next_attempt_at=START), 1, ("retrying", 1, 4)),
        # The scheduler is behind: its own news of the later dispatch is on its way.
        (row("returned", dispatch=2), 1, None),
        (row("claimed", dispatch=2, lease_live=True), 1, None),
    ],
)
def test_what_is_recorded_is_told_again(
    recorded: Recorded, dispatch: int, told: tuple[str, int, int] | None
) -> None:
    found = answer(question(dispatch=dispatch), recorded)
    assert isinstance(found, Settle)
    again = found.settlement.told
    assert told == (again and (again.outcome.kind, again.dispatch, again.attempt))
    assert found.settlement.retry is None


@pytest.mark.parametrize(
    ("recorded", "dispatch", "attempt"),
    [
        (None, 1, 1),
        (lost_retry(), 1, 3),
        (row("returned"), 2, 1),
        (row("failed"), 2, 1),
        (lost_retry(), 2, 1),
    ],
)
def test_what_nobody_knows_of_goes_back(
    recorded: Recorded | None, dispatch: int, attempt: int
) -> None:
    outcome = recorded_now(answer(question(dispatch=dispatch), recorded))
    assert (outcome.kind, outcome.reason, outcome.uncertain) == ("returned", "unheard", False)
    assert (outcome.work.command.dispatch, outcome.work.command.attempt) == (dispatch, attempt)


@pytest.mark.parametrize("rules", [RULES, Rules((5,), idempotent=False)])
@pytest.mark.parametrize(
    ("recorded", "dispatch", "attempt"),
    [
        (silent(), 1, 1),
        (silent(attempt=3), 1, 3),
        (silent(attempt=3, ours=True), 1, 3),
        (silent(attempt=3), 2, 1),
        (lost_retry(uncertain=True), 1, 3),
        (lost_retry(uncertain=True), 2, 1),
        (row("unknown"), 2, 1),
        (row("returned", uncertain=True), 2, 1),
    ],
)
def test_what_may_have_been_accepted_ends_unknown_and_never_silently(
    recorded: Recorded, dispatch: int, attempt: int, rules: Rules
) -> None:
    outcome = recorded_now(answer(question(dispatch=dispatch), recorded, rules))
    assert (outcome.kind, outcome.reason) == ("unknown", "outcome_unknown")
    assert outcome.uncertain
    assert (outcome.work.command.dispatch, outcome.work.command.attempt) == (dispatch, attempt)


@pytest.mark.parametrize("live", [True, False])
def test_a_call_that_may_still_be_reported_is_waited_for(live: bool) -> None:
    one = question()
    found = answer(one, row("claimed", lease_live=live, lease_until=LATELY))
    assert found == Settle(Settlement(one, None, Retry(120, one.command)))


def test_no_gate_stops_a_question() -> None:
    closed = GateState(9, closed=True)
    outcome = recorded_now(answer(question(), None, mailing_gate=closed, client_gate=closed))
    assert (outcome.reason, outcome.mailing_revision) == ("unheard", None)


def test_an_answer_says_nothing_of_a_text_that_the_question_does_not_know() -> None:
    outcome = recorded_now(answer(question(), silent()))
    [event] = delivery_events("unknown", [Told(outcome, 1, 1)]).events
    assert (event.text_sha256, event.text, event.grounds) == (None, None, None)
