"""What was answered in a stretch of time, of a second at least: answers are judged together."""

from services.sender.domain.refusals import Tally

SHORTEST = 1.0


class Span:
    """Answers since an instant; the tally is of calls that began since the last cut."""

    __slots__ = ("accepted", "began", "paused", "tally")

    def __init__(self, began: float) -> None:
        self.began = began
        self.accepted = 0
        self.paused = 0.0
        self.tally = Tally()

    def given(self, now: float) -> float:
        """Calls a second that the provider took."""
        return self.accepted / max(SHORTEST, now - self.began)

    def given_at_work(self, now: float) -> float:
        """The same while the channel did not wait."""
        return self.accepted / self._worked(now)

    def tried_at_work(self, now: float) -> float:
        return self.tally.calls / self._worked(now)

    def _worked(self, now: float) -> float:
        return max(SHORTEST, now - self.began - self.paused)
