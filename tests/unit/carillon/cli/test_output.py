"""What people read."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from carillon.calls import Call, get
from carillon.cli import times
from carillon.cli.output import aligned, cell, first
from carillon.models.base import Page
from carillon.pages import Pages

AT = datetime(2027, 3, 28, 8, 0, 1, tzinfo=UTC)
LATE = datetime(2027, 3, 1, 22, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))


def test_columns_stand_below_their_heads() -> None:
    rows = [("ID", "NAME", "N"), (1, "Ann", 10), (12, None, 9)]
    assert aligned(rows) == ["ID  NAME   N", " 1  Ann   10", "12  -      9"]
    assert aligned([("ID", "NAME")]) == ["ID  NAME"]


def test_a_cell_is_one_line() -> None:
    assert cell("two\n lines") == "two lines"
    assert [cell(value) for value in (None, "", [], ["a", "b"], True, 0)] == [
        *("-", "-", "-", "a,b", "yes", "0")
    ]


def test_nobodys_name_paints_the_terminal() -> None:
    assert cell("\x1b[31mAnn\x07") == "\ufffd[31mAnn\ufffd"
    assert cell("Анна 👩\u00a0Ж") == "Анна 👩 Ж"


def test_no_more_is_asked_for_than_is_shown() -> None:
    asked: list[Any] = []

    def carry(call: Call[Page[int]]) -> Page[int]:
        asked.append(call.parameters)
        return Page[int](items=[1, 2, 3], next_cursor="x" if len(asked) < 3 else None)

    pages = Pages(get("/x", Page[int]), carry, None)
    assert list(first(pages, 2)) == [1, 2]
    assert asked == [{"limit": "2"}]
    assert list(first(pages, 0)) == [1, 2, 3, 1, 2, 3]
    assert asked[1:] == [{"limit": "500"}, {"limit": "500", "cursor": "x"}]


def test_an_instant_is_told_by_the_clients_clock_and_in_utc() -> None:
    assert times.both(AT, "Europe/Berlin") == "2027-03-28 10:00 +02:00 (2027-03-28 08:00:01 UTC)"
    assert times.both(None, "Europe/Berlin") is None
    assert times.in_zone(AT, None) == "2027-03-28 08:00 +00:00"
    assert times.in_zone(AT, "Mars/Olympus") == "2027-03-28 08:00:01 UTC"


def test_offsets_that_are_not_whole_hours_are_told_too() -> None:
    assert times.local(LATE) == "2027-03-01 22:30 +05:45"


def test_a_wall_clock_is_nobodys_in_particular() -> None:
    assert times.utc(datetime.fromisoformat("2027-03-01T10:00")) == "2027-03-01 10:00 local"


def test_hours_of_one_day_name_it_once() -> None:
    assert times.hours(LATE, LATE + timedelta(hours=1)) == "2027-03-01 22:30 - 23:30 +05:45"
    night = "2027-03-01 22:30 - 2027-03-02 06:30 +05:45"
    assert times.hours(LATE, LATE + timedelta(hours=8)) == night
    assert times.hours(None, None) is None
