"""Message ids: never twice, ascending, small enough for a browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.message_id import EPOCH_MS, PER_MS, MessageIds

NOW = EPOCH_MS + 28_000_000_000


@given(st.lists(st.tuples(st.integers(1, 1500), st.integers(-50, 50)), max_size=30))
def test_ids_ascend_whatever_the_clock_does(takes: list[tuple[int, int]]) -> None:
    ids, now = MessageIds(node=3), NOW
    given_out: list[int] = []
    for count, step in takes:
        now += step
        given_out += ids.take(count, now)
    assert given_out == sorted(set(given_out))


def test_nodes_never_meet() -> None:
    one, two = MessageIds(1).take(PER_MS * 3, NOW), MessageIds(2).take(PER_MS * 3, NOW)
    assert not set(one) & set(two)


def test_a_lost_memory_gives_none_out_twice_once_its_burst_is_past() -> None:
    before = MessageIds(1).take(1000, NOW)
    after = MessageIds(1).take(1000, NOW + 1000 // PER_MS + 1)
    assert not set(before) & set(after)


def test_ids_fit_in_a_double_until_2095() -> None:
    year_2095 = 3_945_000_000_000
    assert 0 < MessageIds(31).take(1, year_2095)[0] < 2**53


def test_a_node_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 31, not 32"):
        MessageIds(32)
