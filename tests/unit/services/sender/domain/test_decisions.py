from datetime import timedelta

import pytest

from services.sender.domain.decisions import (
    WINDOW_CLOSED,
    Decision,
    Failed,
    RetryIn,
    ReturnToPlan,
    Rules,
    Sent,
    Unknown,
    decide,
    tier_for,
)
from services.sender.domain.failures import (
    Accepted,
    ConnectionFailed,
    OutcomeUnknown,
    Rejected,
    Result,
    ServerError,
    Throttled,
    Unauthorized,
)
from tests.unit.services.sender.fakes import START

RULES = Rules((5, 30, 120))
ONCE_ONLY = Rules((5, 30, 120), idempotent=False)


@pytest.mark.parametrize(
    ("result", "attempt", "uncertain", "decision"),
    [
        (Accepted(), 1, False, Sent()),
        (Accepted(), 4, True, Sent()),
        (Rejected(), 1, False, Failed()),
        # An earlier call, whose answer was lost, may have been accepted.
        (Rejected(), 2, True, Unknown()),
        (ConnectionFailed(), 1, False, RetryIn(5, 2)),
        (ServerError(), 2, False, RetryIn(30, 3)),
        (OutcomeUnknown(), 3, False, RetryIn(120, 4)),
        (ServerError(), 4, False, Failed()),
        (ServerError(), 4, True, Unknown()),
        (ConnectionFailed(), 4, False, Failed()),
        (OutcomeUnknown(), 4, False, Unknown()),
        (ServerError(), 9, False, Failed()),
        # No attempt is used up, however often.
        (Throttled(), 1, False, RetryIn(5, 1)),
        (Throttled(retry_after=5), 1, False, RetryIn(5, 1)),
        (Throttled(retry_after=6), 4, False, RetryIn(30, 4)),
        (Throttled(retry_after=3600), 1, False, RetryIn(120, 1)),
        (Unauthorized(), 4, True, RetryIn(5, 4)),
    ],
)
def test_after_a_call(result: Result, attempt: int, uncertain: bool, decision: Decision) -> None:
    assert decision == decide(
        result,
        attempt=attempt,
        uncertain=uncertain,
        now=START,
        not_after=START + timedelta(hours=1),
        rules=RULES,
    )


@pytest.mark.parametrize("attempt", [1, 4, 9])
@pytest.mark.parametrize("result", [ConnectionFailed(), OutcomeUnknown(), ServerError()])
def test_an_outage_uses_up_nobodys_attempts(result: Result, attempt: int) -> None:
    not_after = START + timedelta(hours=1)
    assert decide(
        result,
        attempt=attempt,
        uncertain=False,
        now=START,
        not_after=not_after,
        rules=RULES,
        outage=True,
    ) == RetryIn(5, attempt)


@pytest.mark.parametrize(
    ("result", "decision"),
    [
        (OutcomeUnknown(), Unknown()),
        (ConnectionFailed(), RetryIn(5, 2)),
        (ServerError(), RetryIn(5, 2)),
    ],
)
def test_after_a_call_that_must_not_be_repeated(result: Result, decision: Decision) -> None:
    not_after = START + timedelta(hours=1)
    assert decision == decide(
        result, attempt=1, uncertain=False, now=START, not_after=not_after, rules=ONCE_ONLY
    )


@pytest.mark.parametrize(
    ("seconds_left", "decision"),
    [
        (0, ReturnToPlan(WINDOW_CLOSED)),
        (5, ReturnToPlan(WINDOW_CLOSED)),
        (5.001, RetryIn(5, 2)),
    ],
)
def test_retry_at_or_after_the_end_returns(seconds_left: float, decision: Decision) -> None:
    not_after = START + timedelta(seconds=seconds_left)
    assert decision == decide(
        ServerError(), attempt=1, uncertain=False, now=START, not_after=not_after, rules=RULES
    )


@pytest.mark.parametrize(
    ("seconds", "tier"), [(-1, 5), (0, 5), (5, 5), (5.1, 30), (120, 120), (121, 120)]
)
def test_tier_that_waits_long_enough(seconds: float, tier: int) -> None:
    assert tier_for(seconds, RULES.tiers) == tier
