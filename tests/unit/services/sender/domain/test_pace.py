"""How the rate rises after a cut, and the bucket it fills."""

from itertools import pairwise
from math import inf

import pytest

from services.sender.domain.pace import CUT, LEAST_RATE, PROBE, RETURN, Pace, ascent


def limited(ceiling: float = 100.0) -> Pace:
    pace = Pace(0.0)
    pace.cut(0.0, ceiling)
    return pace


def test_rate_returns_to_its_ceiling_and_creeps_beyond() -> None:
    assert ascent(100.0, 0.0, 0.0) == pytest.approx((1 - CUT) * 100)
    assert ascent(100.0, RETURN, 0.0) == pytest.approx(100)
    assert 102 < ascent(100.0, RETURN + 2.0, 0.0) < 104


def test_rate_never_falls_by_itself() -> None:
    seconds = [tick / 10 for tick in range(300)]
    rates = [ascent(50.0, each, max(0.0, each - RETURN - PROBE)) for each in seconds]
    assert all(later > earlier for earlier, later in pairwise(rates))


def test_race_makes_it_a_hundred_times_higher_within_nine_seconds() -> None:
    slowly = ascent(50.0, RETURN + PROBE, 0.0)
    assert ascent(50.0, RETURN + PROBE + 1.0, 1.0) < 1.1 * slowly
    assert ascent(50.0, RETURN + PROBE + 9.0, 9.0) > 100 * slowly


def test_whoever_has_little_gains_on_others() -> None:
    little, much = (ascent(each, RETURN + 5.0, 0.0) / each for each in (5.0, 500.0))
    assert little > 1.3
    assert much < 1.1


def test_held_at_the_ceiling_and_no_race_without_trust() -> None:
    pace = limited()
    for _ in range(100):
        pace.rise(0.25, held=True, trusted=True)
    assert pace.rate == pytest.approx(100)
    for _ in range(60):
        pace.rise(0.25, held=False, trusted=False)
    assert 100 < pace.rate < 150
    for _ in range(40):
        pace.rise(0.25, held=False, trusted=True)
    assert pace.rate > 5000


def test_only_a_rate_that_made_somebody_wait_was_tested() -> None:
    pace = limited()
    assert pace.refill(1.0) == 0.0
    assert pace.wait(1.0, 1) == 0.0
    assert pace.refill(2.0) == 0.0
    for _ in range(10):
        pace.take()
    assert pace.wait(2.0, 1) > 0.0
    assert pace.refill(2.1) == pytest.approx(0.1)
    pace.wait(2.1, 1)
    assert pace.refill(60.0) <= 0.25  # what was slept through is no test


def test_eased_and_resumed() -> None:
    pace = limited()
    before = pace.rate
    was = pace.ease(1.0, 20.0)
    assert (pace.rate, pace.allows(10)) == (20.0, 0)
    pace.resume(4.0, was)
    assert (pace.rate, pace.ceiling) == (before, 100.0)


def test_what_cuts_took_is_given_back() -> None:
    pace = limited()
    pace.restore(1.0, inf, inf)
    assert not pace.is_limited


def test_rate_stays_above_the_least() -> None:
    assert limited(0.0).rate == LEAST_RATE
