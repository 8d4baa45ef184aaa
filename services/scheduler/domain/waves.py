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

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.scheduler.domain.schedules import is_known_zone, schedule_of
from shared.contracts.mailings import MailingChanged
from shared.domain.local_time import Opening, Schedule, next_opening

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

    def planned(self) -> "Standing":
        """How a plan writes it down: a wave is opened in one place, when it is due."""
        return replace(self, phase=Phase.PENDING) if self.phase is Phase.OPEN else self


def judge(
    mailing: MailingChanged, zone: str, now: datetime, *, begun_at: datetime | None
) -> Standing:
    """Where a wave with clients left stands at ``now``.

    ``begun_at``: an instant of the opening in which it last took a client; it cannot be late for
    that one. None when it has never taken any.
    """
    if mailing.state == "cancelled":
        return Standing(Phase.SETTLING, None, None, "cancelled", MAILING_CANCELLED)
    if not is_known_zone(zone):
        return _expired(UNKNOWN_ZONE)
    schedule = schedule_of(mailing.spec)
    opening = next_opening(schedule, zone, now, begun=True)
    if opening is None:
        return _expired(WINDOW_PASSED)
    if not _holds(opening, begun_at):
        opening = next_opening(schedule, zone, now)
    return _expired(TOO_LATE) if opening is None else _standing(schedule, opening, now)


def opening_at(mailing: MailingChanged, zone: str, now: datetime) -> Opening | None:
    """The opening that ``now`` lies in, for what has begun in it; None outside of openings."""
    if not is_known_zone(zone):
        return None
    opening = next_opening(schedule_of(mailing.spec), zone, now, begun=True)
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
