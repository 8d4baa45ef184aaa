"""Whether refusals (429) speak of a limit, or come whatever the rate.

Some providers refuse calls now and then for reasons of their own. To slow down for those would help
nobody, and the rate would sink without end. So each cut of the rate raises a *question*. Where the
cut took the refusals away, it was a limit. Where several did not, the senders hold back for some
seconds *at ease*, far below any limit there could be: refusals that come even then are *noise*, and
the cuts are given back. From then on only more refusals than noise explains are a reason to cut.
"""

from enum import Enum
from math import sqrt

# Refused calls at ease that make it noise; one will do where several cuts were in vain, too.
ENOUGH = 3
IN_VAIN = 8
LEAST_CALLS = 8
# Refusals expected at ease, of which a quarter came at the most, that make it a limit.
TELLING = 5.0
# The same, none of them having come, after which noise is believed no more.
DOUBTED = 6.0
# Of so many calls since a cut so few were refused: whatever they were, they cost little.
RARE_CALLS = 200
RARE = 0.01
# Deviations: of a difference that is none of chance, and of what noise explains.
CLEAR = 2.5
EXPLAINED = 3.0
# More than every second call: nothing can be sent like that, whatever the reason.
MOST = 0.5
# Calls that noise is measured by; older ones fade.
MEMORY = 2000.0


class Tally:
    """How many calls were answered, and how many of them refused."""

    __slots__ = ("calls", "refused")

    def __init__(self, calls: float = 0, refused: float = 0) -> None:
        self.calls = calls
        self.refused = refused

    @property
    def share(self) -> float:
        return self.refused / self.calls if self.calls else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.calls + other.calls, self.refused + other.refused)

    def is_clearly_below(self, other: "Tally") -> bool:
        """Whether the share is smaller by more than chance explains."""
        if not self.calls or not other.calls:
            return False
        both = (self + other).share
        deviation = sqrt(both * (1 - both) * (1 / self.calls + 1 / other.calls))
        return self.share < other.share - CLEAR * deviation


class Noise:
    """The refusals that come whatever the rate; none are believed in at first."""

    def __init__(self) -> None:
        self.known = Tally()

    @property
    def share(self) -> float:
        return self.known.share

    def believe(self, tally: Tally) -> None:
        fade = min(1.0, MEMORY / tally.calls)
        self.known = Tally(fade * tally.calls, fade * tally.refused)

    def forget(self) -> None:
        self.known = Tally()

    def explains(self, tally: Tally, mishaps: int) -> bool:
        """``mishaps``: so many refusals more say nothing yet."""
        expected = self.share * tally.calls
        if not expected:
            return tally.refused <= mishaps
        # What is known of few calls is not known well.
        deviation = sqrt(expected * (1 + tally.calls / self.known.calls))
        return tally.refused <= expected + EXPLAINED * deviation + mishaps

    def would_be_missed(self, tally: Tally) -> bool:
        """Whether of so many calls some would have been refused, as good as surely."""
        return self.share * tally.calls >= DOUBTED

    def learn(self, tally: Tally) -> None:
        """From calls that were not too fast. What has gone is forgotten at once."""
        if not self.share:
            return
        gone = tally.refused == 0 and self.would_be_missed(tally)
        self.believe(self.known + tally)
        if gone or self.share > MOST:
            self.forget()


class Answer(Enum):
    LIMIT = "limit"
    NOISE = "noise"


class Question:
    """``before``: what raised it, at ``tried`` calls a second; ``after``: what was answered since,
    at no more than had been accepted; ``at_ease``: while the senders held back; ``in_vain``: cuts
    after the first that became necessary."""

    def __init__(self, now: float, before: Tally, tried: float, in_vain: int = 0) -> None:
        self.raised = now
        self.before = before
        self.tried = tried
        self.in_vain = in_vain
        self.after = Tally()
        self.at_ease = Tally()

    def is_settled(self) -> bool:
        """The cut has taken the refusals away."""
        rare = self.after.calls >= RARE_CALLS and self.after.share < RARE
        return rare or self.after.is_clearly_below(self.before)

    def answer(self) -> Answer | None:
        at_ease, before = self.at_ease, self.before
        if at_ease.share <= before.share / 4:
            told = at_ease.calls * before.share >= TELLING
            if told or at_ease.is_clearly_below(before):
                return Answer.LIMIT
        enough = 1 if self.after.refused >= IN_VAIN else ENOUGH
        told = at_ease.refused >= enough and at_ease.calls >= LEAST_CALLS
        return Answer.NOISE if told and at_ease.share <= MOST else None
