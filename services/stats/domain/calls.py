"""Calls to the provider: what is kept of each, and what the client's clock showed."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from shared.contracts.commands import Grounds
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.domain.zones import UnknownZone, zone_info

_DAY = timedelta(days=1)


class Call(NamedTuple):
    """A call as its outcome tells of it; or a message's return without one, which took no time."""

    message_id: int
    dispatch: int
    attempt: int
    kind: str
    at: datetime
    http_status: int | None
    latency_ms: int | None
    reason: str | None
    detail: str | None
    text_sha256: str | None
    grounds: Grounds | None

    @property
    def started_at(self) -> datetime | None:
        """None when there was no call, or nobody who made it lived to tell how long it took."""
        if self.latency_ms is None:
            return None
        return self.at - timedelta(milliseconds=self.latency_ms)

    @property
    def in_window(self) -> bool | None:
        if self.started_at is None or self.grounds is None:
            return None
        return self.grounds.opens_at <= self.started_at < self.grounds.closes_at


def calls(messages: Iterable[DeliveryEvents]) -> list[Call]:
    """What the scheduler did has no attempt number."""
    return [call for message in messages for call in _calls(message)]


def wall_clock(instant: datetime, grounds: Grounds | None, timezone_name: str) -> datetime | None:
    """The instant as the client's clock showed it; None where the zone is unknown.

    By the offset that was recorded with the grounds, if the clock was not changed between their
    ends; it cannot have been, twice, within a day. Else by the tz database as it is today.
    """
    if grounds is not None and _has_one_offset(grounds):
        return instant.astimezone(timezone(_offset(grounds.opens_at)))
    try:
        zone = zone_info(grounds.timezone if grounds is not None else timezone_name)
    except UnknownZone:
        return None
    return instant.astimezone(zone)


def _calls(message: DeliveryEvents) -> Iterator[Call]:
    for event in message.events:
        if event.attempt > 0:
            yield _call(event, _grounds(message, event.grounds))


def _grounds(message: DeliveryEvents, place: int | None) -> Grounds | None:
    """A call counts even when it names grounds that its message does not bring."""
    if place is None or not 0 <= place < len(message.grounds):
        return None
    return message.grounds[place]


def _call(event: DeliveryEvent, grounds: Grounds | None) -> Call:
    return Call(
        event.message_id,
        event.dispatch,
        event.attempt,
        event.kind,
        event.at,
        event.http_status,
        event.latency_ms,
        event.reason,
        event.detail,
        event.text_sha256,
        grounds,
    )


def _has_one_offset(grounds: Grounds) -> bool:
    same = _offset(grounds.opens_at) == _offset(grounds.closes_at)
    return same and grounds.closes_at - grounds.opens_at <= _DAY


def _offset(instant: datetime) -> timedelta:
    return instant.utcoffset() or timedelta()
