"""How the mailings of a lane share the way to the senders, and how fast each may go.

**By weight.** Each mailing's progress is counted in commands divided by its weight, and whoever is
furthest behind has the next turn. So two equal mailings keep side by side, a bulk mailing gets a
quarter of what a normal one beside it gets, and nobody starves, however little room there is. One
that was not there, or could not go, does not save up turns: it starts level with the others.

**By rate.** A mailing with a rate of its own has a bucket that fills with time. It offers nothing
until enough for a fifth of a second has come together, so that a rate of thousands does not go out
one by one, and holds a second's worth more than that.

Times are seconds of a monotonic clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from shared.contracts.mailings import MailingChanged

# Messages in one transaction: large enough that the transaction costs little per message, small
# enough that another mailing's turn comes within tens of milliseconds.
TURN = 1_000
# Only within a lane: urgent mailings have one of their own, and share it equally.
WEIGHTS = {"urgent": 4, "normal": 4, "bulk": 1}
GATHERED_SECONDS = 0.2
SAVED_SECONDS = 1.0
# A mailing that has nothing to emit may have something again before its bucket would be full.
BUCKETS_KEPT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Commands that may go out: ``tokens`` of them at the instant ``at``."""

    tokens: float
    at: float

    def filled(self, rate: float, now: float) -> "Bucket":
        grown = self.tokens + rate * (now - self.at)
        return Bucket(min(grown, gathered(rate) + rate * SAVED_SECONDS), now)

    def offer(self, rate: float) -> int:
        return int(self.tokens) if self.tokens >= gathered(rate) else 0

    def less(self, commands: int) -> "Bucket":
        return Bucket(self.tokens - commands, self.at)


def gathered(rate: float) -> float:
    return max(1.0, rate * GATHERED_SECONDS)


@dataclass(frozen=True, slots=True)
class Claim:
    """A mailing that has something to emit. ``rate``: commands per second, None without limit."""

    mailing_id: int
    weight: int
    rate: float | None = None


def claim_of(mailing: MailingChanged) -> Claim:
    spec = mailing.spec
    return Claim(mailing.mailing_id, WEIGHTS[spec.priority], spec.rate_per_second)


def is_urgent(mailing: MailingChanged) -> bool:
    """Urgent mailings have a lane of their own."""
    return mailing.spec.priority == "urgent"


@dataclass(frozen=True, slots=True)
class Turn:
    """Up to ``limit`` commands of this mailing may go out now."""

    claim: Claim
    limit: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a turn came to: messages that went out, and all that it dealt with."""

    emitted: int = 0
    handled: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.emitted + other.emitted, self.handled + other.handled)


@dataclass(slots=True)
class Sharing:
    """One lane. ``level``: how far those with turns have come."""

    level: float = 0.0
    progress: dict[int, float] = field(default_factory=dict)
    buckets: dict[int, Bucket] = field(default_factory=dict)

    def forget_others(self, mailing_ids: Collection[int], now: float) -> None:
        """Who has nothing to emit any more is not remembered, except for how fast they went."""
        for gone in self.progress.keys() - set(mailing_ids):
            del self.progress[gone]
        for gone in self.buckets.keys() - set(mailing_ids):
            if now - self.buckets[gone].at > BUCKETS_KEPT_SECONDS:
                del self.buckets[gone]

    def next_turn(self, claims: Sequence[Claim], room: int, now: float) -> Turn | None:
        """Whose turn it is; ``room``: commands that may go out in all. None when nobody may."""
        for claim in sorted(claims, key=self._behind):
            limit = min(TURN, room, self._offer(claim, now))
            if limit > 0:
                self.level = self._behind(claim)[0]
                return Turn(claim, limit)
        return None

    def took(self, turn: Turn, taken: Taken) -> None:
        claim = turn.claim
        done = max(taken.handled, 1) / claim.weight
        self.progress[claim.mailing_id] = self._behind(claim)[0] + done
        bucket = self.buckets.get(claim.mailing_id)
        if bucket is not None:
            self.buckets[claim.mailing_id] = bucket.less(taken.emitted)

    def _behind(self, claim: Claim) -> tuple[float, int]:
        return max(self.level, self.progress.get(claim.mailing_id, 0.0)), claim.mailing_id

    def _offer(self, claim: Claim, now: float) -> int:
        if claim.rate is None:
            self.buckets.pop(claim.mailing_id, None)
            return TURN
        bucket = self.buckets.get(claim.mailing_id, Bucket(gathered(claim.rate), now))
        bucket = self.buckets[claim.mailing_id] = bucket.filled(claim.rate, now)
        return bucket.offer(claim.rate)
