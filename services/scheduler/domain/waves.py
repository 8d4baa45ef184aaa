"""A wave: one mailing in one time zone. It waits, opens, closes, and is at last accounted for.

``pending``   waits for its opening
``open``      its clients are being taken, in the order of their ids
``settling``  will open no more: who is left gets a row that says why
``ended``     everybody has a row
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.scheduler.domain.schedules import schedule_of
from shared.contracts.mailings import MailingChanged
from shared.domain.local_time import next_opening

Rest = Literal["waiting", "expired", "cancelled"]


class Phase(StrEnum):
    PENDING = "pending"
    OPEN = "open"
    SETTLING = "settling"
    ENDED = "ended"


WINDOW_PASSED = "window_passed"
MAILING_CANCELLED = "mailing_cancelled"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to become of a wave now, and the opening it waits for or is in (UTC)."""

    phase: Phase
    opens_at: datetime | None
    closes_at: datetime | None
    rest: Rest = "waiting"
    reason: str | None = None

    def planned(self) -> "Standing":
        """How a plan writes it down: a wave is opened in one place, when it is due."""
        return replace(self, phase=Phase.PENDING) if self.phase is Phase.OPEN else self


def judge(mailing: MailingChanged, zone: str, now: datetime, *, begun: bool) -> Standing:
    """Where a wave with clients left stands at ``now``.

    ``begun``: it has already sent in the opening it is in, so it cannot be late for it.
    """
    if mailing.state == "cancelled":
        return Standing(Phase.SETTLING, None, None, "cancelled", MAILING_CANCELLED)
    opening = next_opening(schedule_of(mailing.spec), zone, now, begun=begun)
    if opening is None:
        return Standing(Phase.SETTLING, None, None, "expired", WINDOW_PASSED)
    phase = Phase.OPEN if opening.opens_at <= now else Phase.PENDING
    return Standing(phase, opening.opens_at, opening.closes_at)
