"""What the bench makes of looks at statistics."""

from tests.bench.latency import ages

ACCEPTED = [10.0, 11.0, 12.0]


def test_a_look_is_as_old_as_the_first_acceptance_that_it_does_not_show() -> None:
    assert ages([(12.5, 1)], ACCEPTED) == [1.5]


def test_a_look_that_shows_everything_is_of_now() -> None:
    assert ages([(99.0, 3), (11.5, 2)], ACCEPTED) == [0.0, 0.0]
