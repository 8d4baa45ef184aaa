"""The names of zones at the door, and where their rules come from."""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from shared.domain.zones import (
    UnknownZone,
    canonical_zone,
    inhabited_zones,
    tzdata_version,
    zone_info,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("Europe/Moscow", "Europe/Moscow"),
        ("europe/moscow", "Europe/Moscow"),
        ("AMERICA/PORT-AU-PRINCE", "America/Port-au-Prince"),
        ("  Asia/Tokyo ", "Asia/Tokyo"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("Etc/GMT-3", "Etc/GMT-3"),
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("GMT", "GMT"),
        ("UTC+3", "UTC+03:00"),
        ("utc+03", "UTC+03:00"),
        ("GMT+3", "UTC+03:00"),
        ("+03:00", "UTC+03:00"),
        ("UTC+05:30", "UTC+05:30"),
        ("GMT-0330", "UTC-03:30"),
        ("UTC−5", "UTC-05:00"),
        ("UTC-12", "UTC-12:00"),
        ("UTC+14:00", "UTC+14:00"),
        ("UTC+0", "UTC"),
        ("-00:00", "UTC"),
    ],
)
def test_one_spelling_for_each_zone(given: str, canonical: str) -> None:
    assert canonical_zone(given) == canonical
    assert canonical_zone(canonical) == canonical


@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", "Moscow", "Europe/Moskow", "Europe", "Factory", "localtime", "posixrules"),
        *("../../etc/passwd", "/etc/localtime", "Europe/Moscow\0", "zone.tab", "__init__.py"),
        *("UTC+15", "UTC-12:01", "UTC+14:01", "UTC+3:60", "UTC+", "UTC3", "UTC+3:5", "+003:00"),
        *("UTC+٣", "UTC+03:00:00", "3", "x" * 10_000),
    ],
)
def test_anything_else_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        canonical_zone(name)
    sentence = str(refusal.value)
    assert sentence.startswith(repr(name.strip()[:64]))
    assert sentence.endswith(".")
    assert len(sentence) < 200


def test_every_name_of_the_database_is_itself() -> None:
    for name in zoneinfo.available_timezones() - {"Factory"}:
        assert canonical_zone(name) == name
        assert canonical_zone(name.swapcase()) == name


def test_rules_of_a_zone() -> None:
    assert NOON.astimezone(zone_info("Europe/Moscow")).utcoffset() == timedelta(hours=3)
    assert NOON.astimezone(zone_info("UTC+05:30")).utcoffset() == timedelta(hours=5.5)
    assert NOON.astimezone(zone_info("UTC-03:30")).utcoffset() == timedelta(hours=-3.5)
    assert NOON.astimezone(zone_info("Etc/GMT-3")).utcoffset() == timedelta(hours=3)
    assert NOON.astimezone(zone_info("UTC")).utcoffset() == timedelta()
    assert zone_info("Europe/Moscow") is zone_info("Europe/Moscow")
    with pytest.raises(UnknownZone):
        zone_info("Mars/Olympus")


def test_rules_come_from_the_package_and_not_from_the_system() -> None:
    assert zoneinfo.TZPATH == ()
    first_line = resources.files("tzdata.zoneinfo").joinpath("tzdata.zi").read_text().split("\n")[0]
    assert first_line == f"# version {tzdata_version()}"
    assert re.fullmatch(r"20\d\d[a-z]+", tzdata_version())


def test_inhabited_zones() -> None:
    zones = inhabited_zones()
    assert len(zones) > 400
    assert list(zones) == sorted(set(zones))
    assert {"Europe/Moscow", "Asia/Kolkata", "Pacific/Kiritimati", "Africa/Lagos"} <= set(zones)
    assert not [zone for zone in zones if zone.startswith(("Antarctica/", "Etc/"))]
    for zone in zones:
        assert canonical_zone(zone) == zone
        assert NOON.astimezone(zone_info(zone)).utcoffset() is not None
