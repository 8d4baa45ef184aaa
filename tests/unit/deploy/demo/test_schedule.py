"""The demo's hours."""

from datetime import UTC, datetime, time, timedelta

import pytest

from deploy.demo.schedule import choose_group, choose_hours
from shared.domain.zones import inhabited_zones, zone_info

ZONES = inhabited_zones()
MOMENTS = [
    datetime(2026, month, 17, hour, minute, second, tzinfo=UTC)
    for month in (1, 7, 11)
    for hour, minute, second in ((0, 0, 0), (9, 59, 46), (12, 30, 30), (23, 58, 59))
]


def offsets_at(now: datetime) -> dict[str, timedelta]:
    offsets = {zone: now.astimezone(zone_info(zone)).utcoffset() for zone in ZONES}
    return {zone: offset for zone, offset in offsets.items() if offset is not None}


def is_open(local: time, window_from: str, window_to: str) -> bool:
    shown = f"{local:%H:%M}"
    if window_from < window_to:
        return window_from <= shown < window_to
    return shown >= window_from or shown < window_to


@pytest.mark.parametrize("now", MOMENTS)
def test_most_zones_are_open_some_open_during_the_demo_and_few_never(now: datetime) -> None:
    hours = choose_hours(offsets_at(now), now)
    at_once, during, never = 0, 0, 0
    for zone in ZONES:
        place = zone_info(zone)
        open_at = [
            is_open(moment.astimezone(place).time(), hours.window_from, hours.window_to)
            for moment in (now, hours.opens_at, hours.ends_at - timedelta(seconds=1))
        ]
        at_once += open_at[0]
        during += not open_at[0] and open_at[1]
        never += not any(open_at)

    assert at_once + during + never == len(ZONES)
    assert at_once > 0.8 * len(ZONES)
    assert during >= 5
    assert 1 <= never <= 0.05 * len(ZONES)


@pytest.mark.parametrize("now", MOMENTS)
def test_it_all_ends_within_two_minutes(now: datetime) -> None:
    hours = choose_hours(offsets_at(now), now)

    assert timedelta(seconds=15) <= hours.opens_at - now
    assert hours.ends_at - now <= timedelta(minutes=2)


def test_the_body_names_instants_with_an_offset() -> None:
    now = datetime(2026, 11, 17, 12, 0, 30, tzinfo=UTC)

    body = choose_hours(offsets_at(now), now).body()

    assert body["starts_at"] == "2026-11-17T12:00:30Z"
    assert body["timing"] == "absolute"


def test_a_group_without_neighbours_to_the_west_is_passed_over() -> None:
    hour = timedelta(hours=1)
    zones = {3 * hour: 50, 8 * hour: 20, 7 * hour: 2}

    assert choose_group(zones) == 8 * hour
