"""What goes wrong, and the decision for one call.

One call gets one answer. The rates are bands of the interval [0, 1): a single random number
falls into one of them or into the rest, which is a proper answer. So with a seed the same
calls meet the same faults.

Faults before acceptance leave no trace in the books: `outage`, `unauthorized`, `throttled`,
`error`, `rejected`, `dropped_before`. Faults after it are the hard ones, because the client
will get the message while the sender cannot know: `garbage`, `dropped`, `hung`.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

Rate = Field(default=0.0, ge=0.0, le=1.0)


class Answer(StrEnum):
    """How a call was answered."""

    OK = "ok"
    INVALID = "invalid"
    UNAUTHORIZED = "unauthorized"
    OUTAGE = "outage"
    THROTTLED = "throttled"
    ERROR = "error"
    REJECTED = "rejected"
    DROPPED_BEFORE = "dropped_before"
    GARBAGE = "garbage"
    DROPPED = "dropped"
    HUNG = "hung"


ACCEPTING = frozenset({Answer.OK, Answer.GARBAGE, Answer.DROPPED, Answer.HUNG})
"""The answers before which the message is accepted."""


class Faults(BaseModel):
    """The faults in force. Everything absent is absent: the default is a perfect provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: float = Field(default=0.0, ge=0.0, le=600_000.0)
    latency_jitter_ms: float = Field(default=0.0, ge=0.0, le=600_000.0)
    """Added to the latency in equal distribution, from nothing up to this."""

    error_rate: float = Rate
    error_status: int = Field(default=500, ge=500, le=599)
    throttle_rate: float = Rate
    retry_after_s: int = Field(default=1, ge=0, le=3600)
    rate_limit_per_second: float | None = Field(default=None, gt=0.0)
    """Calls beyond it are answered 429, as by a real provider's limit."""
    reject_rate: float = Rate
    drop_before_rate: float = Rate
    garbage_rate: float = Rate
    drop_rate: float = Rate
    hang_rate: float = Rate

    unauthorized: bool = False
    """Every token is refused."""
    outage: bool = False
    """Every connection is aborted until told otherwise."""
    outage_seconds: float | None = Field(default=None, gt=0.0, le=86_400.0)
    """Every connection is aborted for this long, beginning now."""
    receipts: bool = False
    """No fault: the gateway is brought a receipt for every acceptance."""
    undelivered_rate: float = Rate
    """Of the receipts."""
    seed: int | None = None
    """Makes the faults repeatable."""

    @model_validator(mode="after")
    def rates_leave_room(self) -> "Faults":
        if sum(rate for _, rate in bands(self)) > 1.0:
            raise ValueError("the rates together are more than 1")
        return self


def bands(faults: Faults) -> tuple[tuple[Answer, float], ...]:
    """The random faults and their shares of all calls."""
    return (
        (Answer.THROTTLED, faults.throttle_rate),
        (Answer.ERROR, faults.error_rate),
        (Answer.REJECTED, faults.reject_rate),
        (Answer.DROPPED_BEFORE, faults.drop_before_rate),
        (Answer.GARBAGE, faults.garbage_rate),
        (Answer.DROPPED, faults.drop_rate),
        (Answer.HUNG, faults.hang_rate),
    )


def decide(faults: Faults, roll: float, *, over_limit: bool, in_outage: bool) -> Answer:
    """The answer to one call.

    `roll` is a random number of [0, 1); `over_limit` says that the call exceeds the rate limit,
    `in_outage` that the provider is down at this moment.
    """
    if in_outage:
        return Answer.OUTAGE
    if faults.unauthorized:
        return Answer.UNAUTHORIZED
    if over_limit:
        return Answer.THROTTLED
    for answer, rate in bands(faults):
        if roll < rate:
            return answer
        roll -= rate
    return Answer.OK


def latency(faults: Faults, roll: float) -> float:
    """Seconds until the answer, for a random number of [0, 1)."""
    return (faults.latency_ms + faults.latency_jitter_ms * roll) / 1000.0
