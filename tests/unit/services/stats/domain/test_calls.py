"""What is kept of a call, and what the client's clock showed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.stats.domain.calls import Call, calls, wall_clock
from shared.contracts.commands import Grounds
from tests.unit.services.stats.examples import START, batch, event, opening


def call(**fields: Any) -> Call:
    facts = {"at": START, "latency_ms": 250, "grounds": opening(), **fields}
    (only,) = calls([batch(event("sent"))])
    return only._replace(**facts)


def test_only_events_about_a_call_are_calls() -> None:
    kept = calls([batch(event("queued"), event("sent"), event("expired", 2))])
    assert [(each.message_id, each.kind) for each in kept] == [(1, "sent")]


@pytest.mark.parametrize(
    ("place", "grounds"),
    [(0, opening()), (1, opening(text_revision=2)), (None, None), (2, None), (-1, None)],
)
def test_grounds_are_found_by_their_place(place: int | None, grounds: Grounds | None) -> None:
    both = (opening(), opening(text_revision=2))
    (kept,) = calls([batch(event("sent", grounds=place), grounds=both)])
    assert kept.grounds == grounds


def test_each_message_has_places_of_its_own() -> None:
    messages = [
        batch(event("sent", number, grounds=0), grounds=(opening(text_revision=number),))
        for number in (1, 2)
    ]
    kept = [each.grounds for each in calls(messages)]
    assert [each.text_revision for each in kept if each is not None] == [1, 2]


def test_it_began_before_it_was_answered() -> None:
    assert call().started_at == START - timedelta(milliseconds=250)
    assert call(latency_ms=None).started_at is None


@pytest.mark.parametrize(
    ("started", "inside"),
    [
        ("2026-03-01T06:59:59.999Z", False),
        ("2026-03-01T07:00:00Z", True),
        ("2026-03-01T16:59:59.999Z", True),
        ("2026-03-01T17:00:00Z", False),
    ],
)
def test_a_window_has_its_beginning_and_not_its_end(started: str, inside: bool) -> None:
    answered = datetime.fromisoformat(started) + timedelta(milliseconds=250)
    assert call(at=answered).in_window is inside


def test_without_grounds_or_without_a_call_there_is_no_saying() -> None:
    assert call(grounds=None).in_window is None
    assert call(latency_ms=None).in_window is None


def test_the_recorded_offset_stands_whatever_the_tz_database_says_today() -> None:
    moved = opening(opens_at="2026-03-01T10:00:00+04:00", closes_at="2026-03-01T20:00:00+04:00")
    shown = wall_clock(START, moved, "Europe/Moscow")
    assert shown is not None
    assert shown.isoformat() == "2026-03-01T16:00:00+04:00"


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        ("2026-03-29T00:59:00Z", "2026-03-29T01:59:00+01:00"),
        ("2026-03-29T01:01:00Z", "2026-03-29T03:01:00+02:00"),
    ],
)
def test_a_clock_that_changes_within_the_window(instant: str, shown: str) -> None:
    night = opening(
        timezone="Europe/Berlin",
        opens_at="2026-03-28T22:00:00+01:00",
        closes_at="2026-03-29T06:00:00+02:00",
    )
    local = wall_clock(datetime.fromisoformat(instant), night, "UTC")
    assert local is not None
    assert local.isoformat() == shown


def test_a_long_window_may_hold_two_changes_that_its_ends_do_not_show() -> None:
    year = opening(
        timezone="Europe/Berlin",
        opens_at="2026-01-01T00:00:00+01:00",
        closes_at="2027-01-01T00:00:00+01:00",
    )
    local = wall_clock(datetime(2026, 7, 1, 12, tzinfo=UTC), year, "UTC")
    assert local is not None
    assert local.isoformat() == "2026-07-01T14:00:00+02:00"


def test_without_grounds_the_message_has_a_zone() -> None:
    local = wall_clock(START, None, "Asia/Tokyo")
    assert local is not None
    assert local.isoformat() == "2026-03-01T21:00:00+09:00"
    assert wall_clock(START, None, "Mars/Olympus") is None
