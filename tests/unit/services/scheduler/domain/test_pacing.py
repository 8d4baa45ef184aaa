"""How far ahead of the senders to emit."""

from collections.abc import Callable

from services.scheduler.domain.pacing import LEAST_AHEAD, STRETCH_SECONDS, Pace, Stretch


def settle(
    pace: Pace, per_second: float, room_of: Callable[[Pace, int], int] = Pace.room
) -> tuple[Pace, int]:
    """Senders that take so much, fed as much as there is room for, for ten seconds."""
    published, depth, now = pace.published, float(pace.depth), pace.measured_at
    for _ in range(200):
        room = room_of(pace, published)
        published += room
        now += 0.05
        depth = max(0.0, depth + room - per_second * 0.05)
        pace = pace.measure(now, round(depth), published)
    return pace, round(depth)


def test_before_anything_is_known_a_few_envelopes_go_out() -> None:
    assert Pace(0.0).room(0) == LEAST_AHEAD


def test_nobody_takes_so_nothing_more_goes_out() -> None:
    pace, depth = settle(Pace(0.0), per_second=0)
    assert depth == LEAST_AHEAD
    assert pace.room(pace.published) == 0


def test_fast_senders_get_about_two_seconds_ahead() -> None:
    pace, depth = settle(Pace(0.0), per_second=100)
    assert 80 <= pace.per_second <= 120
    assert depth <= 220


def test_what_was_published_since_the_measurement_counts() -> None:
    pace = Pace(0.0, depth=0, published=10, per_second=20.0)
    assert pace.room(published=10) == 40
    assert pace.room(published=45) == 5
    assert pace.room(published=60) == 0


def test_room_is_left_until_it_is_worth_a_turn() -> None:
    pace = Pace(0.0, depth=0, published=10, per_second=20.0)
    assert pace.room_for_a_turn(published=10) == 40
    assert pace.room_for_a_turn(published=40) == 10
    assert pace.room_for_a_turn(published=41) == 0
    assert pace.room_for_a_turn(published=60) == 0


def test_fast_senders_fed_turn_by_turn_do_not_run_dry() -> None:
    pace, depth = settle(Pace(0.0), per_second=100, room_of=Pace.room_for_a_turn)
    assert 80 <= pace.per_second <= 120
    assert 100 <= depth <= 220


def test_a_measurement_at_the_same_instant_changes_nothing() -> None:
    pace = Pace(1.0, depth=3, published=5, per_second=7.0)
    assert pace.measure(1.0, 0, 5) is pace


def test_what_waits_is_what_was_measured_and_what_was_published_since() -> None:
    assert Pace(0.0, depth=3, published=10).waiting(published=14) == 7


def test_a_stretch_tells_a_rate_once_it_has_lasted() -> None:
    stretch = Stretch(since=10.0, taken=500.0)
    assert stretch.per_second(now=10.0 + STRETCH_SECONDS - 0.01, taken=9_999.0) is None
    assert stretch.per_second(now=10.0 + STRETCH_SECONDS, taken=3_500.0) == 3_000 / STRETCH_SECONDS
