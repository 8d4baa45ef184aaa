"""How far ahead of the senders to emit: about two seconds of what they take.

A mailing that is paused or changed has little to call back then, and a plan that lives in the
database survives what a queue of hours would not.
"""

from dataclasses import dataclass

AHEAD_SECONDS = 2.0
# Enough for the first second of a fast sender, before its pace is known.
LEAST_AHEAD = 8
# How much of a new measurement goes into the estimate: a burst counts, a hiccup does not rule.
SMOOTHING = 0.3


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
        waiting = self.depth + published - self.published
        return max(0, max(LEAST_AHEAD, int(self.per_second * AHEAD_SECONDS)) - waiting)
