"""Stretches of constant offset against the zone itself."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from shared.domain import offsets
from shared.domain.offsets import DAY, EPOCH, SECOND, Moment, Stretch, offset_at, stretch_at
from shared.domain.zones import zone_info
from tests.support.brute_force import FIXED_ZONES, HOUR, distinct_zones


def stretches(zone: str, since: Moment, until: Moment) -> list[Stretch]:
    found = [stretch_at(zone, since)]
    while found[-1].until < until:
        found.append(stretch_at(zone, found[-1].until))
    return found


def test_stretches_follow_one_another_and_tell_the_offset() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC) - EPOCH
    for zone in (*distinct_zones(), *FIXED_ZONES):
        info, end = zone_info(zone), since
        for stretch in stretches(zone, since, since + 3 * 365 * DAY):
            assert stretch.since <= end < stretch.until
            for at in (stretch.since, stretch.until - SECOND, (stretch.since + stretch.until) / 2):
                assert offset_at(info, at) == stretch.offset, (zone, at)
            for hours in range(0, (stretch.until - stretch.since) // HOUR, 37):
                assert offset_at(info, stretch.since + hours * HOUR) == stretch.offset
            end = stretch.until


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", "2026-03-29T01:00:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00"),
        ("Africa/Monrovia", "1972-01-07T00:44:30"),
        ("Pacific/Apia", "2011-12-30T10:00:00"),
        ("Europe/Amsterdam", "1892-05-01T00:00:00"),
        ("America/New_York", "1883-11-18T17:00:00"),
    ],
)
def test_changes_are_found_to_the_second(zone: str, change: str) -> None:
    at = datetime.fromisoformat(change).replace(tzinfo=UTC) - EPOCH
    before, after = stretch_at(zone, at - SECOND), stretch_at(zone, at)
    assert before.until == at == after.since
    assert before.offset != after.offset


class TwiceInOneDay(tzinfo):
    """Goes to UTC+1 at 06:00 and to UTC+3 at 18:00 of one day."""

    def fromutc(self, instant: datetime) -> datetime:
        passed = instant.replace(tzinfo=UTC) - datetime(2026, 6, 15, 6, tzinfo=UTC)
        self.offset = timedelta(hours=(passed >= timedelta()) + 2 * (passed >= 12 * HOUR))
        return instant + self.offset

    def utcoffset(self, _: datetime | None) -> timedelta:
        return self.offset

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta()

    def tzname(self, _: datetime | None) -> str:
        return "Twice"


def test_two_changes_on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offsets, "zone_info", lambda _: TwiceInOneDay())
    morning = datetime(2026, 6, 15, 6, tzinfo=UTC) - EPOCH
    first = stretch_at("Twice/In_One_Day", morning)
    second = stretch_at("Twice/In_One_Day", first.until)
    assert first == Stretch(morning, morning + 12 * HOUR, timedelta(hours=1))
    assert second.offset == timedelta(hours=3)


def test_moments_beyond_the_calendar_have_an_offset() -> None:
    beyond = datetime.max.replace(tzinfo=UTC) - EPOCH + 5 * DAY
    assert stretch_at("Asia/Tokyo", beyond).offset == timedelta(hours=9)
    before = datetime.min.replace(tzinfo=UTC) - EPOCH - 5 * DAY
    assert stretch_at("Asia/Tokyo", before).since <= before
