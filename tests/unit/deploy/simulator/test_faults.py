"""The decision for one call."""

import pytest
from pydantic import ValidationError

from deploy.simulator.faults import Answer, Faults, decide, latency

EACH_A_TENTH = Faults(
    throttle_rate=0.1,
    error_rate=0.1,
    reject_rate=0.1,
    drop_before_rate=0.1,
    garbage_rate=0.1,
    drop_rate=0.1,
    hang_rate=0.1,
)


def answer(faults: Faults, roll: float, over_limit: bool = False, outage: bool = False) -> Answer:
    return decide(faults, roll, over_limit=over_limit, in_outage=outage)


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        (0.05, Answer.THROTTLED),
        (0.15, Answer.ERROR),
        (0.25, Answer.REJECTED),
        (0.35, Answer.DROPPED_BEFORE),
        (0.45, Answer.GARBAGE),
        (0.55, Answer.DROPPED),
        (0.65, Answer.HUNG),
        (0.75, Answer.OK),
        (0.99, Answer.OK),
    ],
)
def test_a_roll_falls_into_one_band(roll: float, expected: Answer) -> None:
    assert answer(EACH_A_TENTH, roll) is expected


@pytest.mark.parametrize("roll", [0.0, 0.5, 0.999])
def test_without_faults_every_call_succeeds(roll: float) -> None:
    assert answer(Faults(), roll) is Answer.OK


def test_a_rate_of_one_leaves_nothing() -> None:
    assert answer(Faults(error_rate=1.0), 0.999999) is Answer.ERROR


def test_an_outage_comes_before_a_refused_token_before_the_limit() -> None:
    refused = Faults(unauthorized=True)

    assert answer(refused, 0.5, over_limit=True, outage=True) is Answer.OUTAGE
    assert answer(refused, 0.5, over_limit=True) is Answer.UNAUTHORIZED
    assert answer(Faults(), 0.5, over_limit=True) is Answer.THROTTLED


def test_rates_beyond_certainty_are_refused() -> None:
    with pytest.raises(ValidationError, match="more than 1"):
        Faults(error_rate=0.6, drop_rate=0.6)


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Faults.model_validate({"eror_rate": 0.1})


def test_latency_is_in_seconds_between_its_least_and_its_most() -> None:
    slow = Faults(latency_ms=100, latency_jitter_ms=50)

    assert latency(slow, 0.0) == pytest.approx(0.1)
    assert latency(slow, 1.0) == pytest.approx(0.15)
