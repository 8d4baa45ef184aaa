"""Names of time zones, and the rules behind them.

The rules come from the ``tzdata`` package and never from the system, whose copy may be years old
and differs between two machines: a wave planned by one service must open at the same instant for
every other. The search path is process-wide, so it is emptied once, here, before any zone is read.
"""

import re
import zoneinfo
from datetime import timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib import resources

import tzdata  # type: ignore[import-untyped]  # it is data: two strings are all its code

zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()

_OFFSET = re.compile(r"(?:UTC|GMT)?([+\-\u2212])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
# The westernmost and the easternmost clock in use: Baker Island and Kiritimati.
_LOWEST, _HIGHEST = timedelta(hours=-12), timedelta(hours=14)
_LONGEST_SHOWN = 64  # the longest real name has 32 characters; a whole file should not be echoed


class UnknownZone(ValueError):
    """The text names no time zone: neither a name of the tz database nor an offset from UTC."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name[:_LONGEST_SHOWN]!r} {why}.")
        self.name = name


def canonical_zone(name: str) -> str:
    """The one spelling of a zone that we store, so that equal zones make one wave.

    Names of the tz database are found in any case and keep the spelling of the database. Offsets
    (``UTC+3``, ``GMT+3``, ``+03:00``, ``UTC+0530``) become fixed zones, ``UTC+03:00``; an offset
    of nothing is ``UTC``. Applying it twice changes nothing. Raises UnknownZone.
    """
    wanted = name.strip()
    known = _names().get(wanted.casefold())
    return known if known is not None else _format_offset(_parse_offset(wanted))


@lru_cache(maxsize=2048)  # the tz database has some 600 names
def zone_info(canonical: str) -> tzinfo:
    """The rules of a zone. Raises UnknownZone."""
    spelling = canonical_zone(canonical)
    if spelling.casefold() in _names():
        return zoneinfo.ZoneInfo(spelling)
    return timezone(_parse_offset(spelling))


@cache
def inhabited_zones() -> tuple[str, ...]:
    """The zones people live in, sorted: one or more per country, without the polar stations.

    They are read from the tz database's own table of countries (``zone.tab``), which has a row for
    every name a person would choose; ``zone1970.tab`` joins whole countries under a neighbour.
    """
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(sorted(row[2] for row in rows if not row[2].startswith("Antarctica/")))


def tzdata_version() -> str:
    """The release of the tz database in force, such as ``2026b``; recorded with what we planned."""
    return str(tzdata.IANA_VERSION)


@cache
def _names() -> dict[str, str]:
    """Every name of the tz database by its caseless form.

    ``Factory`` is left out: it means that nobody has set the zone yet.
    """
    return {name.casefold(): name for name in zoneinfo.available_timezones() - {"Factory"}}


def _parse_offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise UnknownZone(
            text, "is not a time zone: give a name such as Europe/Moscow or an offset such as UTC+3"
        )
    sign, hours, minutes = found.groups(default="00")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    offset = size if sign == "+" else -size
    if int(minutes) > 59 or not _LOWEST <= offset <= _HIGHEST:
        raise UnknownZone(text, "is not an offset in use: they run from UTC-12:00 to UTC+14:00")
    return offset


def _format_offset(offset: timedelta) -> str:
    if not offset:
        return "UTC"
    sign = "+" if offset > timedelta() else "-"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"UTC{sign}{hours:02}:{minutes:02}"
