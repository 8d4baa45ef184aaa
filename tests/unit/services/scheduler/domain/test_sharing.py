"""Who goes next, and how fast: by weight, in rotation, at a mailing's own rate."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.sharing import TURN, Bucket, Claim, Sharing, Taken, claim_of
from tests.support.examples import mailing

NORMAL, ANOTHER, BULK = Claim(1, 4), Claim(2, 4), Claim(3, 1)


def served(sharing: Sharing, claims: list[Claim], rooms: list[int]) -> Counter[int]:
    """Commands per mailing after rounds with so much room each; everybody has enough to send."""
    commands: Counter[int] = Counter()
    for room in rooms:
        turn = sharing.next_turn(claims, room, now=0.0)
        assert turn is not None
        sharing.took(turn, Taken(turn.limit, turn.limit))
        commands[turn.claim.mailing_id] += turn.limit
    return commands


@pytest.mark.parametrize("room", [1, 100, 700, 50_000])
def test_two_equal_mailings_keep_side_by_side(room: int) -> None:
    commands = served(Sharing(), [NORMAL, ANOTHER], [room] * 40)
    assert commands[1] == commands[2]


@pytest.mark.parametrize("room", [1, 100, 700, 50_000])
def test_a_bulk_mailing_gets_a_quarter_of_a_normal_one(room: int) -> None:
    commands = served(Sharing(), [NORMAL, BULK], [room] * 500)
    assert commands[3] / commands[1] == pytest.approx(0.25, rel=0.05)


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=60))
def test_nobody_falls_behind_by_more_than_a_turn(rooms: list[int]) -> None:
    commands = served(Sharing(), [NORMAL, ANOTHER, BULK], rooms)
    progress = [commands[1] / 4, commands[2] / 4, commands[3] / 1]
    assert max(progress) - min(progress) <= TURN


def test_a_turn_is_never_larger_than_the_room() -> None:
    turn = Sharing().next_turn([NORMAL], room=30, now=0.0)
    assert turn is not None
    assert turn.limit == 30


def test_who_comes_later_starts_level_and_does_not_catch_up() -> None:
    sharing = Sharing()
    served(sharing, [NORMAL], [1_000] * 100)
    commands = served(sharing, [NORMAL, ANOTHER], [1_000] * 10)
    assert commands[1] == commands[2] == 5_000


def test_who_could_not_go_saves_nothing_up() -> None:
    sharing, slow = Sharing(), Claim(2, 4, rate=1.0)
    turn = sharing.next_turn([slow], 100, now=0.0)
    assert turn is not None
    sharing.took(turn, Taken(1, 1))
    served(sharing, [NORMAL, slow], [1_000] * 100)
    commands = served(sharing, [NORMAL, ANOTHER], [1_000] * 10)
    assert commands[1] == commands[2] == 5_000


def test_a_turn_in_which_nobody_was_found_moves_the_mailing_on() -> None:
    sharing = Sharing()
    first = sharing.next_turn([NORMAL, ANOTHER], 1, now=0.0)
    assert first is not None
    sharing.took(first, Taken())
    second = sharing.next_turn([NORMAL, ANOTHER], 1, now=0.0)
    assert second is not None
    assert first.claim != second.claim


def test_what_is_gone_is_forgotten() -> None:
    sharing = Sharing()
    served(sharing, [NORMAL, Claim(2, 4, rate=5.0)], [10] * 4)
    sharing.forget_others([1], now=1.0)
    assert set(sharing.progress) == {1}
    assert set(sharing.buckets) == {2}  # it comes back to the rate it left
    sharing.forget_others([1], now=100.0)
    assert not sharing.buckets


def in_seconds(rate: float, seconds: float, step: float) -> int:
    """Commands that go out at this rate when somebody looks every ``step`` seconds."""
    sharing, sent = Sharing(), 0
    for tick in range(int(seconds / step) + 1):
        turn = sharing.next_turn([Claim(1, 4, rate)], 10_000, now=tick * step)
        if turn is not None:
            sent += turn.limit
            sharing.took(turn, Taken(turn.limit, turn.limit))
    return sent


@pytest.mark.parametrize("rate", [0.5, 1, 7, 100, 1_500])
@pytest.mark.parametrize("step", [0.01, 0.05, 0.4])
def test_a_mailing_goes_at_its_rate(rate: float, step: float) -> None:
    seconds = 60.0
    assert in_seconds(rate, seconds, step) == pytest.approx(rate * seconds, rel=0.02, abs=1.5)


def test_after_a_pause_little_more_than_a_second_goes_at_once() -> None:
    sharing, claim = Sharing(), Claim(1, 4, rate=50.0)
    assert in_seconds(50.0, 0.0, 1.0) == 10  # the first fifth of a second
    sharing.next_turn([claim], 10_000, now=0.0)
    turn = sharing.next_turn([claim], 10_000, now=3_600.0)
    assert turn is not None
    assert turn.limit == 60


def test_a_new_rate_counts_at_once() -> None:
    sharing = Sharing()
    slow = sharing.next_turn([Claim(1, 4, rate=1.0)], 10_000, now=0.0)
    assert slow is not None
    sharing.took(slow, Taken(1, 1))
    assert sharing.next_turn([Claim(1, 4, rate=1.0)], 10_000, now=0.5) is None
    fast = sharing.next_turn([Claim(1, 4, rate=100.0)], 10_000, now=1.0)
    assert fast is not None
    assert fast.limit == 50
    unbound = sharing.next_turn([Claim(1, 4)], 10_000, now=1.0)
    assert unbound is not None
    assert unbound.limit == TURN


def test_what_did_not_go_out_costs_no_rate() -> None:
    sharing, claim = Sharing(), Claim(1, 4, rate=10.0)
    turn = sharing.next_turn([claim], 10_000, now=0.0)
    assert turn is not None
    sharing.took(turn, Taken(emitted=0, handled=2))
    assert sharing.next_turn([claim], 10_000, now=0.0) is not None


def test_a_bucket_fills_with_time_and_overflows() -> None:
    bucket = Bucket(0.0, at=0.0).filled(10.0, now=0.1)
    assert bucket.offer(10.0) == 0
    assert bucket.filled(10.0, now=0.25).offer(10.0) == 2
    assert bucket.filled(10.0, now=9.0).offer(10.0) == 12


@pytest.mark.parametrize(("priority", "weight"), [("urgent", 4), ("normal", 4), ("bulk", 1)])
def test_a_mailing_claims_by_its_priority_and_rate(priority: str, weight: int) -> None:
    claim = claim_of(mailing(9, priority=priority, rate_per_second=2.5))
    assert claim == Claim(9, weight, 2.5)
