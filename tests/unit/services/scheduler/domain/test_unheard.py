"""When a mailing that does not finish is looked into, and how."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.unheard import (
    ANSWERED_WITHIN,
    LONGEST_WAIT,
    Step,
    Unheard,
    next_step,
)
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


def step(later: timedelta, **facts: Any) -> Step:
    """What is to be done so long after noon, when there was nothing left to wait for."""
    return next_step(replace(Unheard(mailing(1), NOON), **facts), NOON + later, HOUR)


@pytest.mark.parametrize(
    ("later", "expected"),
    [(timedelta(), Step.WAIT), (HOUR - MOMENT, Step.WAIT), (HOUR, Step.TELL)],
)
def test_all_retries_have_their_time_before_anything_is_said(
    later: timedelta, expected: Step
) -> None:
    assert step(later) is expected


def test_what_waits_at_the_scheduler_is_not_lost() -> None:
    assert step(9 * HOUR, since=None) is Step.WAIT
    assert step(9 * HOUR, since=None, asks=3, asked_at=NOON) is Step.WAIT


def test_stats_has_a_minute_to_answer_before_the_senders_are_asked() -> None:
    told = {"asks": 1, "asked_at": NOON + HOUR}
    assert step(HOUR + ANSWERED_WITHIN - MOMENT, **told) is Step.WAIT
    assert step(HOUR + ANSWERED_WITHIN, **told) is Step.ASK


@pytest.mark.parametrize(("asks", "hours"), [(2, 1), (3, 2), (4, 4), (6, 16)])
def test_each_time_it_takes_twice_as_long_until_the_next(asks: int, hours: int) -> None:
    asked = {"asks": asks, "asked_at": NOON + HOUR}
    assert step(HOUR + hours * HOUR - MOMENT, **asked) is Step.WAIT
    assert step(HOUR + hours * HOUR, **asked) is Step.ASK


@pytest.mark.parametrize("asks", [7, 40, 1_000_000])
def test_it_is_never_given_up(asks: int) -> None:
    asked = {"asks": asks, "asked_at": NOON + HOUR}
    assert step(HOUR + LONGEST_WAIT - MOMENT, **asked) is Step.WAIT
    assert step(HOUR + LONGEST_WAIT, **asked) is Step.ASK


def test_what_was_given_back_and_sent_out_again_has_its_time_anew() -> None:
    back_out = {"since": NOON + 5 * HOUR, "asks": 2, "asked_at": NOON + HOUR}
    assert step(5 * HOUR, **back_out) is Step.WAIT
    assert step(6 * HOUR, **back_out) is Step.ASK


@pytest.mark.parametrize("since", [NOON, None])
def test_a_round_that_has_begun_is_ended(since: datetime | None) -> None:
    """Its first answers come back while it goes on."""
    assert step(timedelta(), since=since, asks=1, asked_at=NOON, after=17) is Step.ASK
