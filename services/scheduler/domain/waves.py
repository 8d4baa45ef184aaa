"""A wave: one mailing in one time zone. It waits, opens, closes, and is at last accounted for.

``pending``   waits for its opening
``open``      its clients are being taken, in the order of their ids
``settling``  will open no more: who is left gets a row that says why
``ended``     everybody has a row

**Late.** A mailing's ``max_lateness`` says how long after an opening a wave may still begin. It has
begun in an opening when it took a client there, and then goes on to the opening's end, whatever
stops it in between: a pause, a change, senders that were away. One that has not begun in time
passes over the opening: its clients would hear from us at an hour nobody meant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.scheduler.domain.schedules import is_known_zone, schedule_of
from shared.contracts.mailings import MailingChanged
from shared.domain.local_time import Opening, Schedule, next_opening, same_everywhere

Rest = Literal["waiting", "expired", "cancelled"]


class Phase(StrEnum):
    PENDING = "pending"
    OPEN = "open"
    SETTLING = "settling"
    ENDED = "ended"


WINDOW_PASSED = "window_passed"
TOO_LATE = "too_late"
UNKNOWN_ZONE = "unknown_zone"
MAILING_CANCELLED = "mailing_cancelled"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to become of a wave now, and the opening it waits for or is in (UTC).

    ``begin_by``: after this instant it is too late to begin in that opening; None is never.
    """

    phase: Phase
    opens_at: datetime | None
    closes_at: datetime | None
    rest: Rest = "waiting"
    reason: str | None = None
    begin_by: datetime | None = None

    def shut(self) -> "Standing":
        """What is written down while nothing may open: it does so when it is due and may."""
        return replace(self, phase=Phase.PENDING) if self.phase is Phase.OPEN else self


def judge(
    mailing: MailingChanged, zone: str, now: datetime, *, begun_at: datetime | None
) -> Standing:
    """Where a wave with clients left stands at ``now``.

    ``begun_at``: an instant of the opening in which it last took a client; it cannot be late for
    that one. None when it has never taken any.
    """
    return judge_all(mailing, {zone: begun_at}, now)[zone]


def judge_all(
    mailing: MailingChanged, begun: Mapping[str, datetime | None], now: datetime
) -> dict[str, Standing]:
    """Like :func:`judge`, by zone; what is the same for several zones is found once."""
    if mailing.state == "cancelled":
        cancelled = Standing(Phase.SETTLING, None, None, "cancelled", MAILING_CANCELLED)
        return dict.fromkeys(begun, cancelled)
    schedule = schedule_of(mailing.spec)
    if not same_everywhere(schedule):
        return {zone: _judge(schedule, zone, now, at) for zone, at in begun.items()}
    alike = {at: _judge(schedule, "UTC", now, at) for at in set(begun.values())}
    return {
        zone: alike[at] if is_known_zone(zone) else _expired(UNKNOWN_ZONE)
        for zone, at in begun.items()
    }


def _judge(schedule: Schedule, zone: str, now: datetime, begun_at: datetime | None) -> Standing:
    if not is_known_zone(zone):
        return _expired(UNKNOWN_ZONE)
    opening = next_opening(schedule, zone, now, begun=True)
    if opening is None:
        return _expired(WINDOW_PASSED)
    if not _holds(opening, begun_at):
        opening = next_opening(schedule, zone, now)
    return _expired(TOO_LATE) if opening is None else _standing(schedule, opening, now)


def opening_at(mailing: MailingChanged, zone: str, now: datetime) -> Opening | None:
    """The opening that ``now`` lies in, for what has begun in it; None outside of openings."""
    return openings_at(mailing, (zone,), now).get(zone)


def openings_at(mailing: MailingChanged, zones: Iterable[str], now: datetime) -> dict[str, Opening]:
    """Like :func:`opening_at`, by zone, where there is one."""
    schedule = schedule_of(mailing.spec)
    known = [zone for zone in zones if is_known_zone(zone)]
    if same_everywhere(schedule):
        opening = _opening_at(schedule, "UTC", now)
        return {} if opening is None else dict.fromkeys(known, opening)
    found = ((zone, _opening_at(schedule, zone, now)) for zone in known)
    return {zone: opening for zone, opening in found if opening is not None}


def _opening_at(schedule: Schedule, zone: str, now: datetime) -> Opening | None:
    opening = next_opening(schedule, zone, now, begun=True)
    return opening if opening is not None and opening.opens_at <= now else None


def _expired(reason: str) -> Standing:
    return Standing(Phase.SETTLING, None, None, "expired", reason)


def _holds(opening: Opening, instant: datetime | None) -> bool:
    return instant is not None and opening.opens_at <= instant < opening.closes_at


def _standing(schedule: Schedule, opening: Opening, now: datetime) -> Standing:
    return Standing(
        Phase.OPEN if opening.opens_at <= now else Phase.PENDING,
        opening.opens_at,
        opening.closes_at,
        begin_by=_begin_by(schedule, opening),
    )


def _begin_by(schedule: Schedule, opening: Opening) -> datetime | None:
    patience = schedule.max_lateness
    if patience is None or patience >= opening.closes_at - opening.opens_at:
        return None
    return opening.opens_at + patience
