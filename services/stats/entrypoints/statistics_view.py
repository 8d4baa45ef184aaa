"""A mailing's statistics as JSON: instants in UTC, every status named, for some hundreds of zones.
Of so many no models are made; they took longer than all the rest."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from pydantic_core import to_json

from services.stats.domain.books import ByStatus, MailingBook, ZoneBook, audience, total
from shared.contracts.statuses import Status

_NAMES = tuple((status.value, status) for status in Status)


class ZoneStatistics(TypedDict):
    audience: int
    by_status: dict[str, int]
    timezone: str
    opens_at: datetime | None
    closes_at: datetime | None
    rest: Status | None
    reason: str | None


class MailingStatistics(TypedDict):
    audience: int
    by_status: dict[str, int]
    mailing_id: int
    in_flight: int
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    rate_per_second: float
    by_zone: list[ZoneStatistics]


def statistics_json(
    book: MailingBook, zones: Sequence[ZoneBook], *, in_flight: int, rate: float
) -> bytes:
    """The whole is the sum of its zones."""
    by_status = total(zone.by_status for zone in zones)
    told = MailingStatistics(
        audience=audience(by_status),
        by_status=_named(by_status),
        mailing_id=book.mailing_id,
        in_flight=in_flight,
        first_sent_at=book.first_sent_at,
        last_sent_at=book.last_sent_at,
        rate_per_second=rate,
        by_zone=[_zone(zone) for zone in zones],
    )
    return to_json(told)


def _zone(zone: ZoneBook) -> ZoneStatistics:
    """``rest`` and ``reason`` are told as long as they speak of anybody."""
    rests = zone.rest is not None and zone.by_status.get(zone.rest, 0) > 0
    return ZoneStatistics(
        audience=audience(zone.by_status),
        by_status=_named(zone.by_status),
        timezone=zone.timezone,
        opens_at=zone.opens_at,
        closes_at=zone.closes_at,
        rest=zone.rest if rests else None,
        reason=zone.reason if rests else None,
    )


def _named(by_status: ByStatus) -> dict[str, int]:
    """By plain strings: of anything else pydantic asks each time what it is."""
    return {name: by_status.get(status, 0) for name, status in _NAMES}
