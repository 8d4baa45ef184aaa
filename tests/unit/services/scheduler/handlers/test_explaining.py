"""Where a client stands in a mailing, from what is kept of the two."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.waves import Phase
from services.scheduler.handlers.explaining import (
    ClientInMailing,
    ClientRecord,
    ClientWave,
    MessageRecord,
    explain,
)
from shared.domain.local_time import Opening
from tests.support.examples import mailing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = NOW + timedelta(hours=2)
OPENING = Opening(NOW - timedelta(hours=1), END)
ANN = ClientRecord(False, "Europe/Moscow", "916", ("vip", "new"), None)
WAVE = ClientWave("Europe/Moscow", Phase.OPEN, OPENING.opens_at, END, None, None, cursor=10)


def facts(**changes: Any) -> ClientInMailing:
    wanted = mailing(7, starts_at=OPENING.opens_at, ends_at=END, **changes)
    return ClientInMailing(wanted, 12, ANN, WAVE, None)


def test_the_filter_is_judged_field_by_field() -> None:
    found = explain(facts(filter={"tags": ["new", "old"], "operator_codes": ["999"]}), NOW)
    assert (found.matches_tags, found.matches_operator_codes) == (True, False)
    found = explain(facts(filter={"tags": ["old"], "operator_codes": ["916"]}), NOW)
    assert (found.matches_tags, found.matches_operator_codes) == (False, True)


def test_what_the_mailing_does_not_ask_is_open() -> None:
    found = explain(facts(), NOW)
    assert (found.matches_tags, found.matches_operator_codes) == (None, None)


@pytest.mark.parametrize(
    ("phase", "cursor", "taken"),
    [
        (Phase.OPEN, 11, False),
        (Phase.OPEN, 12, True),
        (Phase.OPEN, 13, True),
        (Phase.PENDING, 0, False),
        (Phase.ENDED, 0, True),
    ],
)
def test_whether_the_wave_has_gone_past(phase: Phase, cursor: int, taken: bool) -> None:
    passed = replace(WAVE, phase=phase, cursor=cursor)
    assert explain(replace(facts(), wave=passed), NOW).taken is taken
    assert explain(replace(facts(), wave=None), NOW).taken is None


def test_the_opening_of_one_that_is_sent_again_ends_at_its_own_deadline() -> None:
    later, after_the_end = END + timedelta(hours=5), END + timedelta(hours=1)
    again = MessageRecord(99, "Europe/Moscow", "held", 2, "failed", None, after_the_end, later)
    found = explain(replace(facts(), message=again), after_the_end)
    assert found.opening == Opening(OPENING.opens_at, later)
    assert explain(replace(facts(), message=None), after_the_end).opening is None


def test_the_opening_is_the_one_a_wave_would_be_judged_by() -> None:
    assert explain(facts(), NOW).opening == OPENING
    late = facts(max_lateness=10)
    assert explain(late, NOW).opening is None
    begun = replace(late, wave=replace(WAVE, begun_at=OPENING.opens_at))
    assert explain(begun, NOW).opening == OPENING


def test_what_a_wave_of_another_zone_began_says_nothing_of_the_present_one() -> None:
    moved = replace(ANN, zone="Asia/Tokyo")
    begun = replace(WAVE, begun_at=OPENING.opens_at)
    late = replace(facts(max_lateness=10), client=moved, wave=begun)
    assert explain(late, NOW).opening is None


def test_nobody_has_no_opening() -> None:
    for client in (None, replace(ANN, deleted=True, zone="")):
        found = explain(replace(facts(filter={"tags": ["vip"]}), client=client), NOW)
        assert (found.opening, found.matches_tags) == (None, None)
