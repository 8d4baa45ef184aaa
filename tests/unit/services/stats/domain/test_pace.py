"""The pace of the last ten seconds."""

from datetime import timedelta

import pytest

from services.stats.domain.pace import rate
from tests.unit.services.stats.examples import START

BEGUN = int(START.timestamp())


def test_nothing_sent_is_no_pace() -> None:
    assert rate({}, START) == 0.0


def test_a_steady_pace_is_told_exactly_at_any_part_of_a_second() -> None:
    steady = {BEGUN + second: 50 for second in range(30)}
    for tenth in range(10):
        now = START + timedelta(seconds=20 + tenth / 10)
        complete = {second: n for second, n in steady.items() if second < BEGUN + 20}
        complete[BEGUN + 20] = 5 * tenth
        assert rate(complete, now) == pytest.approx(50, abs=0.2)


def test_it_is_nought_ten_seconds_after_the_last() -> None:
    assert rate({BEGUN: 100}, START + timedelta(seconds=10)) == 10.0
    assert rate({BEGUN: 100}, START + timedelta(seconds=11)) == 0.0


def test_a_clock_a_little_ahead_of_ours_is_not_left_out() -> None:
    assert rate({BEGUN + 2: 100}, START) == 10.0
