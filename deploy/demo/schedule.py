"""The demo's hours: chosen so that everything about local time happens within two minutes.

A window of nearly 23 hours leaves most of the world open at once. It begins at the minute which
one group of zones is about to reach, so these open while we watch; and the zones a little west
of them are still closed when the mailing ends, so they have no window left.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

CLOSED_HOURS = timedelta(hours=1, minutes=5)
EARLIEST_OPENING = timedelta(seconds=15)  # enough to see most of the world finish
AFTER_OPENING = timedelta(seconds=40)  # enough for the retries of the last zones

# A good group to watch is large, and leaves out few clients, but some.
ENOUGH_OPENING = 0.15
MOST_EXPIRED = 0.04


@dataclass(frozen=True)
class Hours:
    """When the mailing may be sent: the interval in UTC, the window by the local clock."""

    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    """When the group that opens during the demo opens."""
    window_from: str
    window_to: str

    def body(self) -> dict[str, object]:
        """These hours as fields of a mailing."""
        return {
            "starts_at": _iso(self.starts_at),
            "ends_at": _iso(self.ends_at),
            "timing": "absolute",
            "window": {"from": self.window_from, "to": self.window_to},
        }


def choose_hours(offsets: Mapping[str, timedelta], now: datetime) -> Hours:
    """The hours for a demo that begins at `now` (UTC); `offsets` are those of the zones now."""
    opens_at = _full_minute(now + EARLIEST_OPENING)
    group = choose_group(Counter(offsets.values()))
    local = opens_at + group
    return Hours(
        starts_at=now.replace(microsecond=0),
        ends_at=opens_at + AFTER_OPENING,
        opens_at=opens_at,
        window_from=f"{local:%H:%M}",
        window_to=f"{local - CLOSED_HOURS:%H:%M}",
    )


def choose_group(zones: Mapping[timedelta, int]) -> timedelta:
    """The offset from UTC whose zones shall open during the demo.

    `zones` counts the zones of each offset. Closed beside the group are the offsets less than
    CLOSED_HOURS to its west, where the clock shows a little less.
    """
    total = sum(zones.values())

    def worth(offset: timedelta) -> float:
        expired = _closed_beside(offset, zones) / total
        opening = min(zones[offset] / total, ENOUGH_OPENING)
        return opening if 0.0 < expired <= MOST_EXPIRED else opening - 1.0

    return max(zones, key=lambda offset: (worth(offset), offset))


def _closed_beside(group: timedelta, zones: Mapping[timedelta, int]) -> int:
    """How many zones are inside the closed hours and stay there until the mailing's end.

    Offsets are compared around the clock: UTC-11 is one hour east of UTC+12.
    """
    day = timedelta(days=1)
    return sum(
        count
        for offset, count in zones.items()
        if timedelta(minutes=5) < (group - offset) % day < CLOSED_HOURS
    )


def _full_minute(instant: datetime) -> datetime:
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + timedelta(minutes=1)


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
