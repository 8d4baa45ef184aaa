"""What a receiver answered, and when it is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A receiver writes down what came and works on it later; whoever takes longer has been told twice.
TRY_LIMIT = 10.0
# How long nobody else tries: the time of a try, and that to write down what came of it.
LEASE = timedelta(seconds=TRY_LIMIT + 20)
# From its first try on, or from a replay, until it is given up.
TRIED_FOR = timedelta(days=3)
# After the first failure, the second, ...; the last of them from then on.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400)
)
# Failing for longer than that, and more often than it might for what it was sent, it was away: when
# it is back, what waits need not wait longer.
AWAY = timedelta(minutes=1)
AWAY_TRIES = 3
_LONGEST_WAIT = timedelta(hours=1)
_GONE = 410
_SLOW_DOWN = (429, 503)


class Trouble(StrEnum):
    """Why a receiver does not have it."""

    NOT_FOUND = "name_not_found"
    NOT_ALLOWED = "address_not_allowed"
    NOT_CONNECTED = "connection_failed"
    NOT_TRUSTED = "tls_failed"
    BROKEN = "connection_broken"
    TOO_SLOW = "timed_out"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    # It was never tried: the webhook was disabled.
    DISABLED = "webhook_disabled"


@dataclass(frozen=True, slots=True)
class Tried:
    """``status``: of the answer, None when there was none; ``wait``: seconds that it asked for."""

    latency_ms: int
    status: int | None = None
    trouble: Trouble | None = None
    wait: int | None = None

    @property
    def is_taken(self) -> bool:
        return self.trouble is None

    @property
    def is_gone(self) -> bool:
        return self.status == _GONE

    @property
    def told_to_wait(self) -> timedelta:
        if self.wait is None or self.status not in _SLOW_DOWN:
            return timedelta(0)
        return min(timedelta(seconds=self.wait), _LONGEST_WAIT)


def answered(status: int, latency_ms: int, retry_after: str | None = None) -> Tried:
    """Any 2xx will do. It is led nowhere else: what is there nobody has looked at."""
    if 200 <= status < 300:
        return Tried(latency_ms, status)
    trouble = Trouble.REDIRECTED if 300 <= status < 400 else Trouble.REFUSED
    return Tried(latency_ms, status, trouble, _seconds(retry_after))


def next_try(attempts: int, give_up_at: datetime, now: datetime) -> datetime | None:
    """After so many attempts that failed; None when it is given up."""
    at = now + PAUSES[min(attempts, len(PAUSES)) - 1]
    return at if at <= give_up_at else None


def was_away(failures: int, failing_since: datetime | None, now: datetime) -> bool:
    if failing_since is None or failures < AWAY_TRIES:
        return False
    return now - failing_since >= AWAY


def _seconds(retry_after: str | None) -> int | None:
    """A date, which may stand there too, is not worth the trouble."""
    said = (retry_after or "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 8 else None
