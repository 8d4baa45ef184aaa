"""A rate limit as providers have it: so many calls per second, a second's worth at once."""


class RateLimit:
    """A bucket that holds one second's calls and refills evenly."""

    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second)
        self._left = self._capacity
        self._at = now

    def takes(self, now: float) -> bool:
        """Whether one more call at `now` (monotonic seconds) is within the limit; counts it."""
        refilled = self._left + (now - self._at) * self._per_second
        self._left = min(self._capacity, refilled)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
