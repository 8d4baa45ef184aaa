"""What to do after a call: decided here, carried out by the handlers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.sender.domain.failures import Accepted, Failure, Result, Throttled

WINDOW_CLOSED = "window_closed"


@dataclass(frozen=True, slots=True)
class Rules:
    """``tiers``: the delays of the retry queues in seconds, ascending; ``idempotent``: whether
    the provider knows an id again, so that a call may be repeated without sending twice."""

    tiers: tuple[int, ...]
    idempotent: bool = True

    @property
    def shortest(self) -> int:
        return self.tiers[0]


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it."""


@dataclass(frozen=True, slots=True)
class RetryIn:
    """Call again, ``tier`` seconds from now, as attempt ``attempt``."""

    tier: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Failed:
    """It will not be sent, and surely was not."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been sent; nobody will try again by himself."""


@dataclass(frozen=True, slots=True)
class ReturnToPlan:
    """The retry would fall outside the client's hours: the scheduler decides."""

    reason: str


Decision = Sent | RetryIn | Failed | Unknown | ReturnToPlan

_SENT = Sent()


def decide(
    result: Result,
    *,
    attempt: int,
    uncertain: bool,
    now: datetime,
    not_after: datetime,
    rules: Rules,
    outage: bool = False,
) -> Decision:
    """``attempt``: the call just made; ``uncertain``: an earlier one's outcome is unknown;
    ``outage``: the provider is down as a whole, so its failure says nothing of this message, and
    no attempt is used up. Those who are called to probe it would lose theirs one by one."""
    if isinstance(result, Accepted):
        return _SENT
    if result.perhaps_accepted and not rules.idempotent:
        return Unknown()
    if not result.retryable:
        # A refusal says nothing of an earlier call whose answer was lost.
        return Unknown() if uncertain else Failed()
    retry = _next(result, attempt, rules, outage)
    if retry is None:
        return Unknown() if uncertain or result.perhaps_accepted else Failed()
    if now + timedelta(seconds=retry.tier) >= not_after:
        return ReturnToPlan(WINDOW_CLOSED)
    return retry


def _next(failure: Failure, attempt: int, rules: Rules, outage: bool) -> RetryIn | None:
    if outage or not failure.uses_attempt:
        wait = failure.retry_after if isinstance(failure, Throttled) else None
        return RetryIn(tier_for(wait or 0.0, rules.tiers), attempt)
    if attempt > len(rules.tiers):
        return None
    return RetryIn(rules.tiers[attempt - 1], attempt + 1)


def tier_for(seconds: float, tiers: Sequence[int]) -> int:
    """The shortest tier that waits at least so long, or the longest there is."""
    return next((tier for tier in tiers if tier >= seconds), tiers[-1])
