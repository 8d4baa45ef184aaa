"""How far ahead of the senders to emit: about two seconds of what they take.

A mailing that is paused or changed has little to call back then, and a plan that lives in the
database survives what a queue of hours would not.
"""

from dataclasses import dataclass

AHEAD_SECONDS = 2.0
# Enough for the first second of a fast sender, before its pace is known.
LEAST_AHEAD = 8
# Less room than this part of the whole is left until there is more: a turn is a transaction, and
# costs as much for a hundred messages as for a thousand.
WORTH_A_TURN = 1 / 4
# How much of a new measurement goes into the estimate: a burst counts, a hiccup does not rule.
SMOOTHING = 0.3
# Long enough for a rate that a plan can go by, short enough for a mailing of half a minute.
STRETCH_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of a queue. Counts are envelopes, times are seconds of a monotonic clock."""

    measured_at: float
    depth: int = 0
    published: int = 0
    per_second: float = 0.0

    def measure(self, now: float, depth: int, published: int) -> "Pace":
        """``published``: how many have been published in all by now."""
        elapsed = now - self.measured_at
        if elapsed <= 0:
            return self
        taken = max(0, self.depth + published - self.published - depth)
        rate = self.per_second + SMOOTHING * (taken / elapsed - self.per_second)
        return Pace(now, depth, published, rate)

    def room(self, published: int) -> int:
        """How many envelopes may be published now."""
        return max(0, self._ahead() - self.waiting(published))

    def room_for_a_turn(self, published: int) -> int:
        """The room, once it is worth a turn; 0 before."""
        room = self.room(published)
        return room if room >= self._ahead() * WORTH_A_TURN else 0

    def waiting(self, published: int) -> int:
        """Envelopes in the queue, as far as we know, when so many have been published in all."""
        return self.depth + published - self.published

    def _ahead(self) -> int:
        return max(LEAST_AHEAD, int(self.per_second * AHEAD_SECONDS))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of uninterrupted work: since when, and how many commands had been taken by then."""

    since: float
    taken: float

    def per_second(self, now: float, taken: float) -> float | None:
        """What the senders took, once the stretch has lasted; None before."""
        lasted = now - self.since
        return (taken - self.taken) / lasted if lasted >= STRETCH_SECONDS else None
