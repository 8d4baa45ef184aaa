"""Times as people read them: by the client's own clock, and in UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LONG, _SHORT = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"


def utc(at: datetime | None) -> str | None:
    """With a zone, in UTC; without one, as it is: everybody's own clock."""
    if at is None:
        return None
    if at.tzinfo is None:
        return f"{at:{_SHORT}} local"
    return f"{at.astimezone(UTC):{_LONG}} UTC"


def local(at: datetime | None) -> str | None:
    """By the clock that it has its offset from."""
    return None if at is None else f"{at:{_SHORT}} {_offset(at)}"


def in_zone(at: datetime | None, timezone: str | None) -> str | None:
    """As ``local``, by the clock of a zone; of one that is unknown here, in UTC."""
    if at is None:
        return None
    try:
        return local(at.astimezone(ZoneInfo(timezone or "UTC")))
    except (ZoneInfoNotFoundError, ValueError):
        return utc(at)


def both(at: datetime | None, timezone: str | None) -> str | None:
    return None if at is None else f"{in_zone(at, timezone)} ({utc(at)})"


def hours(opens: datetime | None, closes: datetime | None) -> str | None:
    """From the one to the other by one clock; the second day is named if it is another one."""
    if opens is None or closes is None:
        return local(opens or closes)
    end = f"{closes:%H:%M}" if opens.date() == closes.date() else f"{closes:{_SHORT}}"
    return f"{opens:{_SHORT}} - {end} {_offset(closes)}"


def _offset(at: datetime) -> str:
    told = f"{at:%z}"
    return f"{told[:3]}:{told[3:5]}" if told else ""
