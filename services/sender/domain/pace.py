"""A bucket of calls, filled at a rate that rises by itself after each cut.

The rate returns to its *ceiling* within seconds. Beyond it it rises slowly, because a provider that
keeps a second's calls in hand shows its limit late; the more slowly the higher it is, so that
senders with little gain on those with much. Where nothing is refused for so long, the limit is
gone: then it races, and is a hundred times higher within nine seconds more.

Instants and durations are seconds, of a monotonic clock.
"""

from math import exp, inf, log, log2, sqrt

CUT = 0.12  # below the ceiling: of several senders often only one notices that it is too much
RETURN = 3.5  # to the ceiling
PROBE = 7.0  # slowly beyond it, at the least

# Growth per second, slowly: at USUAL calls a second, and within what bounds elsewhere.
SLOW = 0.025
USUAL = 40.0
SLOWEST, LEAST_SLOW = 0.01, 0.12
# The same in the race: it doubles every DOUBLING seconds, from SLOW up to FAST.
DOUBLING = 0.9
FAST = 1.0

LEAST_RATE = 0.1  # below it a limit could hardly be told from an outage
BURST = 0.05  # seconds' worth of calls that may begin at once
BUNCH = 0.02  # the same, that are worth a claim of their own
SHORTEST_WAIT = 0.001  # less would be rounded away some day, and waited for without end
TESTED = 0.25  # of a longer sleep only so much was a test of the rate


def ascent(ceiling: float, risen: float, raced: float) -> float:
    """The rate, so many seconds after a cut, so many of them in the race."""
    if risen < RETURN:
        return float(ceiling * (1 - CUT) ** ((1 - risen / RETURN) ** 3))
    slow = min(LEAST_SLOW, max(SLOWEST, SLOW * sqrt(USUAL / ceiling)))
    doubling = min(raced, DOUBLING * log2(FAST / SLOW))
    doubled = SLOW * DOUBLING / log(2) * (2.0 ** (doubling / DOUBLING) - 1)
    growth = slow * (risen - RETURN) + doubled + FAST * (raced - doubling)
    return ceiling * exp(min(20.0, growth))


class Pace:
    """``rate``: calls a second, ``inf`` while no limit is known."""

    def __init__(self, now: float) -> None:
        self.rate = inf
        self.ceiling = inf
        self.needed_at = now  # when it last made somebody wait
        self.was_short = False
        self._risen = 0.0
        self._raced = 0.0
        self._at = now
        self._calls = 0.0

    @property
    def is_limited(self) -> bool:
        return self.rate < inf

    @property
    def is_beyond(self) -> bool:
        """The rate has risen beyond its ceiling."""
        return self._risen > RETURN

    def allows(self, wanted: int) -> int:
        return max(0, min(wanted, int(self._calls)))

    def wait(self, now: float, wanted: int) -> float:
        """Seconds until a claim is worth making for ``wanted`` calls; 0 when it is now."""
        enough = int(max(1.0, min(self.rate * BUNCH, wanted)))
        missing = enough - self._calls
        if missing <= 0:
            return 0.0
        self.was_short = True
        self.needed_at = now
        return max(SHORTEST_WAIT, missing / self.rate)

    def take(self) -> None:
        """A call begins. A probe need not be allowed: the next ones will wait the longer."""
        self._calls -= 1

    def refill(self, now: float) -> float:
        """Returns for how many seconds the rate was tested since the last time."""
        elapsed, self._at = max(0.0, now - self._at), max(now, self._at)
        self._calls = min(self._most, self._calls + elapsed * self.rate)
        tested = min(elapsed, TESTED) if self.was_short else 0.0
        self.was_short = False
        return tested

    def rise(self, seconds: float, *, held: bool, trusted: bool) -> None:
        """``held``: to its ceiling at the most; ``trusted``: it may race."""
        risen = self._risen + seconds
        self._risen = min(risen, max(RETURN, self._risen)) if held else risen
        if trusted and not held and self._risen > RETURN + PROBE:
            self._raced += seconds
        self.rate = max(self.rate, ascent(self.ceiling, self._risen, self._raced))

    def cut(self, now: float, ceiling: float) -> None:
        self.ceiling = max(LEAST_RATE, ceiling)
        self._risen = self._raced = 0.0
        self._set(now, (1 - CUT) * self.ceiling)

    def ease(self, now: float, rate: float) -> tuple[float, float, float]:
        """Lowers the rate for a while; returns what ``resume`` takes."""
        was = (self.rate, self.ceiling, self._risen)
        self._set(now, rate)
        self._calls = 0.0
        return was

    def resume(self, now: float, was: tuple[float, float, float]) -> None:
        self.rate, self.ceiling, self._risen = was
        self._raced = 0.0
        self._at = now

    def restore(self, now: float, rate: float, ceiling: float) -> None:
        """Gives back what cuts took."""
        self.resume(now, (rate, ceiling, RETURN))

    def forget(self) -> None:
        self.rate = self.ceiling = inf

    def _set(self, now: float, rate: float) -> None:
        self.rate = max(LEAST_RATE, rate)
        self._at = now
        self._calls = min(self._calls, self._most)

    @property
    def _most(self) -> float:
        return max(1.0, self.rate * BURST)
