"""The rate that senders find: by rules, and in simulated minutes against a provider's limit."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.pace import CUT, LEAST_RATE
from services.sender.domain.throttle import Throttle
from tests.unit.services.sender.domain.rate_world import RateWorld


def after_a_second(accepted: int, refused: int = 0) -> Throttle:
    """So many calls of one second have been answered, those refused at its end."""
    throttle = Throttle(0.0, 5.0)
    calls = accepted + refused
    for number in range(calls):
        throttle.started(number / calls)
        if number < accepted:
            throttle.accepted(number / calls, number / calls)
    for number in range(accepted, calls):
        throttle.refused(number / calls, 1.0 if number == calls - 1 else 0.99, 1.0)
    return throttle


def test_no_rate_is_kept_before_the_first_refusal() -> None:
    throttle = after_a_second(1000)
    assert (throttle.rate, throttle.allows(1.0, 70), throttle.wait(1.0, 70)) == (inf, 70, 0.0)


def test_one_refusal_is_a_mishap() -> None:
    throttle = after_a_second(100, refused=1)
    assert throttle.rate == inf


def test_refusals_set_a_rate_a_little_below_what_was_accepted() -> None:
    throttle = after_a_second(50, refused=100)
    assert throttle.rate == pytest.approx((1 - CUT) * 50, rel=0.01)


def test_idle_time_does_not_make_it_less() -> None:
    throttle = after_a_second(50)
    for number in range(150):
        now = 3600.0 + number / 150
        throttle.started(now)
        if number < 50:
            throttle.accepted(now, now)
    for _ in range(100):
        throttle.refused(3600.5, 3601.0, 1.0)
    assert throttle.rate > 10


def test_refused_from_the_first_call_on() -> None:
    assert 0 < after_a_second(0, refused=100).rate < 100


def test_channel_waits_where_most_is_refused_and_not_for_single_calls() -> None:
    throttle = after_a_second(100)
    assert not throttle.refused(0.5, 0.99, 1.0)
    assert Throttle(0.0, 0.0).refused(0.0, 0.1, 1.0)


def test_calls_from_before_a_cut_do_not_cut_again() -> None:
    throttle = after_a_second(50, refused=100)
    rate = throttle.rate
    for _ in range(50):
        throttle.refused(0.9, 2.5, 1.0)
    assert throttle.rate == rate


def test_calls_come_evenly() -> None:
    throttle = after_a_second(100, refused=150)
    throttle.wait(1.0, 10)
    some = throttle.allows(1.9, 100)
    assert some == int(throttle.rate / 20)  # what a twentieth of a second gives, not a whole one
    for _ in range(some):
        throttle.started(1.9)
    assert throttle.allows(1.9, 100) == 0
    assert 0 < throttle.wait(1.9, 100) < 0.02
    assert throttle.allows(1.93, 100) in (2, 3)


def test_probe_that_was_not_allowed_is_paid_for() -> None:
    throttle = after_a_second(10, refused=20)
    throttle.wait(2.0, 1)
    throttle.started(2.0)
    throttle.started(2.0)
    assert throttle.wait(2.0, 1) > 0.1


def test_rate_that_nobody_needs_does_not_grow_and_is_forgotten() -> None:
    throttle = after_a_second(100, refused=150)
    rate = throttle.rate
    for second in range(2, 80):
        assert throttle.wait(float(second), 1) == 0
        throttle.started(float(second))
        throttle.accepted(float(second), float(second))
        assert throttle.rate == rate
    assert throttle.wait(100.0, 1) == 0
    assert throttle.rate == inf


STEPS = st.lists(
    st.tuples(st.floats(0.0, 5.0), st.booleans(), st.floats(0.0, 90.0), st.integers(1, 40))
)


@given(STEPS)
def test_whatever_is_answered_the_rate_stays_a_rate(
    steps: list[tuple[float, bool, float, int]],
) -> None:
    throttle, now = after_a_second(50, refused=100), 1.0
    for elapsed, accepted, pause, calls in steps:
        started, now = now, now + elapsed
        assert throttle.wait(now, 1000) >= 0
        assert 0 <= throttle.allows(now, 1000) <= max(1, throttle.rate / 20)
        for _ in range(calls):
            throttle.started(started)
            if accepted:
                throttle.accepted(started, now)
            else:
                throttle.refused(started, now, pause)
        assert throttle.rate >= LEAST_RATE
        assert 0 <= throttle.noise.share <= 1


@pytest.mark.parametrize("latency", [0.005, 0.3])
@pytest.mark.parametrize(
    ("senders", "limit", "retry_after"),
    [(1, 60, 0.0), (1, 100, 1.0), (3, 100, 1.0), (3, 300, 1.0), (3, 300, 0.0)],
)
def test_limit_is_found_and_kept(
    limit: int, retry_after: float, latency: float, senders: int
) -> None:
    world = RateWorld(limit, senders, latency, retry_after=retry_after).run(until=100.0)
    assert 0.9 <= world.accepted(since=40.0) / limit <= 1.1
    assert world.refused(since=40.0) < 0.01


@pytest.mark.parametrize("latency", [0.005, 0.3])
def test_senders_share_a_limit_within_reason(latency: float) -> None:
    world = RateWorld(300, 3, latency).run(until=100.0)
    assert min(world.shares(since=40.0)) > 0.2


@pytest.mark.parametrize("latency", [0.02, 0.3])
@pytest.mark.parametrize("senders", [1, 3])
@pytest.mark.parametrize(("before", "after"), [(200, 100), (100, 200)])
def test_limit_that_changes_is_found_again(
    before: int, after: int, senders: int, latency: float
) -> None:
    world = RateWorld(before * senders, senders, latency).run(until=40.0)
    world.change(after * senders)
    world.run(until=100.0)
    assert 0.9 <= world.accepted(since=70.0) / (after * senders) <= 1.1
    assert world.refused(since=70.0) < 0.02


@pytest.mark.parametrize("senders", [1, 3])
def test_limit_that_is_gone_is_forgotten(senders: int) -> None:
    world = RateWorld(50, senders, 0.02).run(until=40.0)
    world.change(inf)
    world.run(until=65.0)
    assert max(sender.throttle.rate for sender in world.at_work) > 2000


@pytest.mark.parametrize("noise", [0.02, 0.3])
@pytest.mark.parametrize(("latency", "minute"), [(0.02, 10.0), (0.3, 60.0)])
@pytest.mark.parametrize("senders", [1, 3])
def test_refusals_without_a_limit_cost_only_the_calls_refused(
    senders: int, latency: float, minute: float, noise: float
) -> None:
    freely = RateWorld(inf, senders, latency).run(until=10.0).accepted(since=5.0)
    world = RateWorld(inf, senders, latency, noise=noise).run(until=20.0 + minute)
    assert world.accepted(since=20.0) > 0.9 * (1 - noise) * freely


@pytest.mark.parametrize("latency", [0.02, 0.3])
@pytest.mark.parametrize("senders", [1, 3])
def test_limit_is_found_behind_refusals_that_come_anyway(senders: int, latency: float) -> None:
    world = RateWorld(200 * senders, senders, latency, noise=0.02).run(until=120.0)
    assert world.accepted(since=60.0) > 0.9 * 0.98 * 200 * senders
    assert world.refused(since=60.0) < 0.02 + 0.03


def test_refusals_that_no_longer_come_are_forgotten() -> None:
    world = RateWorld(inf, 1, 0.02, noise=0.1).run(until=8.0)
    assert world.at_work[0].throttle.noise.share == pytest.approx(0.1, abs=0.03)
    world.noise = 0.0
    world.run(until=12.0)
    assert world.at_work[0].throttle.noise.share == 0.0


def test_senders_that_leave_are_made_up_for() -> None:
    world = RateWorld(150, 3, 0.05).run(until=40.0)
    for gone in world.at_work[1:]:
        gone.paused_until = inf
    world.run(until=100.0)
    assert world.accepted(since=80.0) >= 0.9 * 150
