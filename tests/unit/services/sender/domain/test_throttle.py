"""The rate that senders find: by rules, and in simulated hours against a provider's limit."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.throttle import LEAST_RATE, Throttle
from tests.unit.services.sender.domain.rate_world import RateWorld


def after_a_second(accepted: int) -> Throttle:
    throttle = Throttle(0.0)
    for number in range(accepted):
        throttle.started(number / accepted)
        throttle.accepted(number / accepted)
    return throttle


def test_no_rate_is_kept_before_the_first_refusal() -> None:
    throttle = after_a_second(1000)
    assert (throttle.rate, throttle.allows(1.0, 70), throttle.wait(1.0, 70)) == (inf, 70, 0.0)


def test_first_refusal_sets_what_was_accepted_lately() -> None:
    throttle = after_a_second(100)
    assert throttle.refused(0.9, 0.99, 1.0)
    assert throttle.rate == pytest.approx(95)


def test_refused_from_the_first_call_on() -> None:
    throttle = Throttle(0.0)
    for _ in range(100):
        throttle.started(0.1)
    throttle.refused(0.1, 0.2, 1.0)
    assert throttle.rate == pytest.approx(9.5)


def limited(rate: int = 100, now: float = 1.0) -> Throttle:
    throttle = after_a_second(rate)
    throttle.refused(0.9, now, 0.0)
    return throttle


def test_calls_from_before_a_cut_do_not_cut_again() -> None:
    throttle = limited()
    throttle.accepted(3.0)
    assert not throttle.refused(0.95, 3.0, 0.0)
    assert throttle.refused(1.5, 3.0, 0.0)


def test_one_cut_per_interval() -> None:
    throttle = limited()
    throttle.accepted(1.2)
    assert not throttle.refused(1.1, 1.9, 0.0)
    assert throttle.refused(1.1, 2.0, 0.0)


def test_provider_that_takes_nothing_says_nothing_of_the_rate() -> None:
    throttle = limited()
    rate = throttle.rate
    for now in (10.0, 20.0, 30.0):
        assert not throttle.refused(now - 0.1, now, 5.0)
    assert throttle.rate == rate


def test_calls_come_evenly() -> None:
    throttle = limited()
    throttle.wait(1.0, 10)
    some = throttle.allows(1.9, 100)
    assert some == 4  # what a twentieth of a second gives, not a whole one
    for _ in range(some):
        throttle.started(1.9)
    assert throttle.allows(1.9, 100) == 0
    assert 0 < throttle.wait(1.9, 100) < 0.02
    assert throttle.allows(1.93, 100) == 3


def test_probe_that_was_not_allowed_is_paid_for() -> None:
    throttle = limited(10)
    throttle.started(1.0)
    assert throttle.wait(1.0, 1) > 0.1


def test_rate_that_nobody_needs_does_not_grow() -> None:
    throttle = limited()
    rate = throttle.rate
    for second in range(2, 600):
        assert throttle.wait(float(second), 1) == 0
        throttle.started(float(second))
        throttle.accepted(float(second))
    assert throttle.rate == rate


ANSWERS = st.lists(st.tuples(st.floats(0.0, 5.0), st.booleans(), st.floats(0.0, 90.0)))


@given(ANSWERS)
def test_whatever_is_answered_the_rate_stays_a_rate(
    answers: list[tuple[float, bool, float]],
) -> None:
    throttle, now = limited(), 1.0
    for elapsed, accepted, pause in answers:
        started, now = now, now + elapsed
        assert throttle.wait(now, 1000) >= 0
        assert 0 <= throttle.allows(now, 1000) <= max(1, throttle.rate / 20)
        throttle.started(started)
        before = throttle.rate
        if accepted:
            throttle.accepted(now)
        elif throttle.refused(started, now, pause):
            assert throttle.rate < before or throttle.rate == LEAST_RATE
        assert LEAST_RATE <= throttle.rate < inf


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("latency", [0.02, 0.4])
@pytest.mark.parametrize(("limit", "retry_after"), [(20, 1.0), (60, 0.0), (120, 1.0)])
def test_limit_is_found_and_kept(
    limit: int, retry_after: float, latency: float, replicas: int
) -> None:
    world = RateWorld(limit, replicas, latency, retry_after)
    world.run(until=180.0)
    share, refused = world.shares(since=60.0)
    assert 0.9 <= share <= 1.1
    assert refused < 0.01


@pytest.mark.parametrize(("before", "now"), [(40, 200), (200, 40)])
def test_limit_that_changes_is_found_again(before: int, now: int) -> None:
    world = RateWorld(before, 3, 0.05)
    world.run(until=60.0)
    world.change(now)
    world.run(until=180.0)
    world.run(until=240.0)
    share, refused = world.shares(since=180.0)
    assert 0.9 <= share <= 1.1
    assert refused < 0.01


def test_senders_that_leave_are_made_up_for() -> None:
    world = RateWorld(60, 3, 0.05)
    world.run(until=60.0)
    for gone in world.senders[1:]:
        gone.paused_until = inf
    world.run(until=180.0)
    world.run(until=240.0)
    assert world.shares(since=180.0)[0] >= 0.9
