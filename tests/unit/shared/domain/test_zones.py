"""The names of zones at the door, and where their rules come from."""

import re
import zoneinfo
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@cache
def names_by_the_files() -> dict[str, str]:
    """What can be opened as a zone, by its caseless name: the table behind the names is not asked,
    every file of the tz database is."""
    root = resources.files("tzdata.zoneinfo")
    with resources.as_file(root) as folder:
        files = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
    found = {}
    for file in files:
        with suppress(ValueError):  # not the rules of a zone
            found[str(file).casefold()] = zoneinfo.ZoneInfo.no_cache(str(file)).key
    return {caseless: name for caseless, name in found.items() if name != "Factory"}


def test_the_table_of_names_is_what_the_files_are() -> None:
    for caseless, name in names_by_the_files().items():
        assert canonical_zone(caseless) == name
        rules, ours = zoneinfo.ZoneInfo.no_cache(name), zone_info(name)
        for month in range(0, 100 * 12, 5):
            moment = datetime(1970 + month // 12, month % 12 + 1, 15, 12, tzinfo=UTC)
            assert moment.astimezone(ours).utcoffset() == moment.astimezone(rules).utcoffset()
    assert len(names_by_the_files()) == len(zoneinfo.available_timezones() - {"Factory"})


@given(st.sampled_from(sorted(zoneinfo.available_timezones())), st.data())
def test_a_near_miss_is_a_zone_only_if_there_is_a_file_of_that_name(
    name: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(name)))
    other = data.draw(st.sampled_from([*"aZ/_-+. 0", "\0", "\n", "\u0130", "../", ""]))
    near = name[:place] + other + name[place + data.draw(st.integers(0, 1)) :]
    known = names_by_the_files().get(near.strip().casefold())
    if known is None and not re.match(r"(UTC|GMT)?[+-]", near.strip(), re.IGNORECASE):
        with pytest.raises(UnknownZone):
            canonical_zone(near)
    elif known is not None:
        assert canonical_zone(near) == known
