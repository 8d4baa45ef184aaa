"""The provider's rate limit."""

from deploy.simulator.limiter import RateLimit


def test_a_seconds_worth_at_once_and_no_more() -> None:
    limit = RateLimit(10, now=0.0)

    assert [limit.takes(0.0) for _ in range(12)] == [True] * 10 + [False] * 2


def test_it_refills_evenly_but_never_beyond_a_second() -> None:
    limit = RateLimit(10, now=0.0)
    for _ in range(10):
        limit.takes(0.0)

    assert sum(limit.takes(0.5) for _ in range(10)) == 5
    assert sum(limit.takes(60.0) for _ in range(20)) == 10


def test_less_than_one_call_per_second_still_lets_one_through() -> None:
    limit = RateLimit(0.5, now=0.0)

    assert limit.takes(0.0)
    assert not limit.takes(1.0)
    assert limit.takes(2.0)
