"""When to look into a mailing of which all is emitted and which has not finished all the same.

The scheduler knows of no outcome but those that come back. It knows when a mailing has finished, so
of one that does not, something was lost: a command or an outcome, with a broker's disk or by a
fault. First stats is told once more what it should know, which costs nothing and is enough if only
the news of the end was lost. Then everybody whose end is not known is asked after, at the senders.

A wave may last for weeks, and so may a message wait for its next opening. So it is not the end of
the wave that counts, but that there is nothing left to emit and nothing held for later: from then
on every message has its retries and no more. Who is asked after in time may still be sent to.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from shared.contracts.mailings import MailingChanged

# After it was told once more, stats answers within seconds.
ANSWERED_WITHIN = timedelta(minutes=1)
# Whoever is asked after in vain waits for a person, or for a service that is away: each time twice
# as long as before, since asking costs as much as the mailing has messages.
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Unheard:
    """A mailing all of which is emitted. ``since``: when there was nothing left to wait for at the
    scheduler, None while there is; ``asks``: how often it was looked into, last at ``asked_at``;
    ``after``: the client that the round of questions under way has come to."""

    mailing: MailingChanged
    since: datetime | None
    asks: int = 0
    asked_at: datetime | None = None
    after: int | None = None


class Step(Enum):
    WAIT = auto()
    TELL = auto()
    ASK = auto()


def next_step(unheard: Unheard, now: datetime, patience: timedelta) -> Step:
    """``patience``: longer than all retries of a message together."""
    if unheard.after is not None:
        return Step.ASK
    if unheard.since is None or now < unheard.since + patience:
        return Step.WAIT
    if unheard.asked_at is None:
        return Step.TELL
    return Step.ASK if now >= unheard.asked_at + _wait(unheard.asks, patience) else Step.WAIT


def _wait(asks: int, patience: timedelta) -> timedelta:
    if asks <= 1:
        return ANSWERED_WITHIN
    doublings = min(asks - 2, 20)  # more than enough for the longest
    longest = max(LONGEST_WAIT, patience)
    return min(patience * (1 << doublings), longest)
