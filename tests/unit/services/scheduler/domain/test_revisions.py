"""What a new revision moves, and what it leaves where it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.revisions import (
    Change,
    KeptWave,
    change_of,
    reasons_gone,
    starts_over,
    stays_ended,
)
from services.scheduler.domain.waves import Phase
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIXED: dict[str, Any] = {"starts_at": NOON, "ends_at": NOON + timedelta(hours=1)}
FROZEN: dict[str, Any] = {"audience": "frozen"}
GOLD: dict[str, Any] = {"filter": {"tags": ["gold"]}}


def change(old: dict[str, Any], new: dict[str, Any]) -> Change:
    return change_of(mailing(1, **(FIXED | old)), mailing(1, revision=2, **(FIXED | new)))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({}, Change()),
        ({"rate_per_second": 5.0, "priority": "bulk"}, Change()),
        ({"text": "Other bells"}, Change(text=True)),
        (GOLD, Change(people=True)),
        ({"starts_at": NOON + timedelta(minutes=1)}, Change(hours=True)),
        ({"ends_at": NOON + timedelta(hours=2)}, Change(hours=True)),
        ({"window": {"from": "10:00", "to": "12:00"}}, Change(hours=True)),
        ({"holidays": ["2026-12-25"]}, Change(hours=True)),
        ({"max_lateness": 5}, Change(hours=True)),
        (FROZEN, Change(people=True, freezes=True)),
    ],
)
def test_a_change_is_told_by_what_differs(new: dict[str, Any], expected: Change) -> None:
    assert change({}, new) == expected


def test_a_frozen_audience_is_taken_down_once() -> None:
    assert change_of(None, mailing(1, **FROZEN)) == Change(freezes=True)
    assert change_of(None, mailing(1)) == Change()
    assert change(FROZEN, FROZEN) == Change()


def test_the_filter_of_a_frozen_audience_has_done_its_work() -> None:
    assert change(FROZEN, FROZEN | GOLD) == Change()
    assert change(FROZEN, {}) == Change(people=True)


@pytest.mark.parametrize(
    ("phase", "rest", "what", "over"),
    [
        (Phase.PENDING, "waiting", Change(), False),
        (Phase.OPEN, "waiting", Change(hours=True, text=True), False),
        (Phase.OPEN, "waiting", Change(people=True), True),
        (Phase.SETTLING, "expired", Change(hours=True), False),  # the others are behind its cursor
        (Phase.ENDED, "waiting", Change(hours=True), False),
        (Phase.ENDED, "waiting", Change(people=True), True),
        (Phase.ENDED, "expired", Change(hours=True), True),
        (Phase.ENDED, "expired", Change(text=True), False),
    ],
)
def test_a_wave_starts_over_for_other_people_or_for_a_window_it_never_had(
    phase: Phase, rest: Any, what: Change, over: bool
) -> None:
    wave = KeptWave(phase, rest, None)
    assert starts_over(what, wave) is over
    assert stays_ended(what, wave) is (phase is Phase.ENDED and not over)


@pytest.mark.parametrize(
    ("what", "reasons"),
    [
        (Change(), set()),
        (Change(hours=True), {"window_passed", "too_late"}),
        (Change(people=True), {"not_in_audience"}),
        (Change(text=True), {"template_variable_missing", "text_too_long", "bad_template"}),
    ],
)
def test_messages_come_back_when_their_reason_may_be_gone(what: Change, reasons: set[str]) -> None:
    assert reasons_gone(what, mailing(1)) == reasons
    assert reasons_gone(what, mailing(1, state="paused")) == reasons
    assert not reasons_gone(what, mailing(1, state="cancelled"))
