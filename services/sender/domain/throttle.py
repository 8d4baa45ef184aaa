"""How many calls a second this sender makes: found from what the provider refuses.

No limit is known at first and none is kept. The first refusal (429, or 503 with Retry-After) sets
one, and from then on the rate seeks the provider's limit by itself. Senders need no word with each
other: each sees refusals in proportion to what it sends, so together they come to the limit.

*Down*: a refusal cuts the rate, but only one of a call that began after the last cut; the others
speak of a rate that is gone. What was accepted since the last cut, pauses included, is what the
provider really gave, whatever burst it allowed: the rate is cut to a little less than that. But a
short time measures badly, so the first cut is a small one, and each that has to follow soon may be
twice as deep. Where nothing at all was accepted the provider is closed, not too slow for us: then
the channel pauses (``domain/breaker.py``), and nothing is learnt of the rate.

*Up*: every refusal is a debt, paid with accepted calls, and a pause is one, paid with time. While
there are debts the rate only makes good what was cut too deep; without them it grows, slowly at
first and faster the longer nothing is refused. So refusals are rare at any rate, and a limit that
was raised is found. A rate that nobody needs does not grow: nothing would have tested it.

Instants and durations are seconds, of a monotonic clock.
"""

from math import inf

# Accepted calls that pay for one refusal: a third of the one in a hundred that may be refused.
CALLS_PER_REFUSAL = 300
# A second's pause is paid with so many seconds at the rate found: pauses cost 4 % at the most.
SECONDS_PER_PAUSE = 25.0
# No debt takes longer than this: a provider may have refused much at once, and recovered since.
LONGEST_DEBT = 120.0

# Shares of the rate. With 5 % a limit once found is kept within a tenth.
CUT = 0.05
DEEPEST_CUT = 0.4
SOON = 6.0  # a cut so shortly after another, its pause not counted, says that the first did not do
CONTROL_INTERVAL = 1.0  # between two cuts at least

# Growth per second.
SEARCHING = 0.2  # from the first rate, which only says how fast we were, up to the first cut
CATCHING_UP = 0.05  # well below where it was cut last
PROBING = 0.004  # beyond; doubles every DOUBLING seconds, up to SEARCHING
DOUBLING = 8.0

# Below it a limit could hardly be told from an outage.
LEAST_RATE = 0.1
# Where nothing was accepted before the first refusal, this share of what was tried must do.
BLIND = 0.1

# Seconds' worth of calls that may begin at once, and that are worth a claim of their own.
BURST = 0.05
BUNCH = 0.02
# Less than this would be rounded away some day, and waited for without end.
SHORTEST_WAIT = 0.001


class Meter:
    """Events in the last second, from the counts of this one and the one before."""

    def __init__(self) -> None:
        self._second = 0
        self._now = 0
        self._before = 0

    def add(self, now: float) -> None:
        self._turn(int(now))
        self._now += 1

    def per_second(self, now: float) -> float:
        self._turn(int(now))
        return self._now + self._before * (1 - now % 1)

    def _turn(self, second: int) -> None:
        if second != self._second:
            self._before = self._now if second == self._second + 1 else 0
            self._now = 0
            self._second = second


class Cut:
    """The last time the rate was cut: ``ceiling`` is what it was before (``inf`` when the first
    rate was set), ``pause`` how long the channel waited then, ``depth`` how deep it could go."""

    def __init__(self, at: float, ceiling: float, pause: float, depth: float) -> None:
        self.at = at
        self.ceiling = ceiling
        self.pause = pause
        self.depth = depth
        self.accepted = 0

    def next(self, now: float, rate: float, pause: float) -> "Cut":
        is_soon = now < self.at + self.pause + SOON
        return Cut(now, rate, pause, min(DEEPEST_CUT, 2 * self.depth) if is_soon else CUT)

    def given(self, now: float) -> float:
        """Calls a second that the provider took since."""
        return self.accepted / (now - self.at)

    def was_too_deep(self, now: float, rate: float) -> bool:
        is_calm = now >= self.at + self.pause + SOON
        return is_calm and rate < (1 - 2 * CUT) * self.ceiling < inf


class Throttle:
    """A bucket of calls whose rate follows the provider's answers. ``rate``, in calls a second, is
    ``inf`` until the first refusal."""

    def __init__(self, now: float) -> None:
        self.rate = inf
        self._at = now
        self._calls = 0.0
        self._was_short = False
        self._tried, self._accepted = Meter(), Meter()
        self._cut = Cut(now, inf, 0.0, CUT)
        # What is owed before the rate may grow, and since when nothing is.
        self._owed_calls = 0.0
        self._owed_until = now
        self._growing_since: float | None = None

    def allows(self, now: float, wanted: int) -> int:
        """How many of so many calls may begin."""
        if self.rate == inf:
            return wanted
        self._advance(now)
        return max(0, min(wanted, int(self._calls)))

    def wait(self, now: float, wanted: int) -> float:
        """Seconds until a claim is worth making for ``wanted`` calls; 0 when it is now."""
        if self.rate == inf:
            return 0.0
        self._advance(now)
        enough = int(max(1.0, self.rate * BUNCH))
        missing = min(wanted, enough) - self._calls
        if missing <= 0:
            return 0.0
        self._was_short = True
        return max(SHORTEST_WAIT, missing / self.rate)

    def started(self, now: float) -> None:
        """A call begins. A probe need not be allowed: the next ones will wait the longer."""
        if self.rate == inf:
            self._tried.add(now)
        else:
            self._calls -= 1

    def accepted(self, now: float) -> None:
        """The provider took the time to answer a call as such."""
        if self.rate == inf:
            self._accepted.add(now)
        self._cut.accepted += 1
        self._owed_calls = max(0.0, self._owed_calls - 1)

    def refused(self, started: float, now: float, pause: float) -> bool:
        """A call that began at ``started`` came too fast, and the channel pauses for ``pause``
        seconds. Whether that lowered the rate."""
        if self.rate == inf:
            self._set_first_rate(now, pause)
            return True
        self._advance(now)
        self._owe(now, pause)
        if not self._tells_of_the_rate(started, now):
            return False
        self._lower(now, pause)
        return True

    def _set_first_rate(self, now: float, pause: float) -> None:
        known = self._accepted.per_second(now) or BLIND * self._tried.per_second(now)
        self.rate = max(1.0, (1 - CUT) * known)
        self._at = now
        self._owed_until = now + pause + CONTROL_INTERVAL
        self._cut = Cut(now, inf, pause, CUT)

    def _tells_of_the_rate(self, started: float, now: float) -> bool:
        last = self._cut
        return started >= last.at and now >= last.at + CONTROL_INTERVAL and last.accepted > 0

    def _lower(self, now: float, pause: float) -> None:
        given = (1 - CUT) * self._cut.given(now)
        self._cut = self._cut.next(now, self.rate, pause)
        lowest, highest = (1 - self._cut.depth) * self.rate, (1 - CUT) * self.rate
        self.rate = max(LEAST_RATE, min(highest, max(lowest, given)))
        self._calls = min(self._calls, self._capacity)

    def _owe(self, now: float, pause: float) -> None:
        """The first rate is a guess, perhaps far too low: until it is mended nothing is owed."""
        self._growing_since = None
        if self._cut.ceiling == inf:
            return
        self._owed_calls = min(LONGEST_DEBT * self.rate, self._owed_calls + CALLS_PER_REFUSAL)
        paid = now + min(LONGEST_DEBT, pause * SECONDS_PER_PAUSE)
        self._owed_until = max(self._owed_until, paid)

    @property
    def _capacity(self) -> float:
        return max(1.0, self.rate * BURST)

    def _advance(self, now: float) -> None:
        elapsed, self._at = max(0.0, now - self._at), max(now, self._at)
        if self._was_short:
            # What was slept through is no time in which the rate was tested.
            self._grow(now, min(elapsed, CONTROL_INTERVAL))
        self._was_short = False
        self._calls = min(self._capacity, self._calls + elapsed * self.rate)

    def _grow(self, now: float, seconds: float) -> None:
        self.rate *= (1 + self._growth(now)) ** seconds

    def _growth(self, now: float) -> float:
        if self._cut.was_too_deep(now, self.rate):
            return CATCHING_UP
        if self._owed_calls > 0 or now < self._owed_until:
            return 0.0
        if self._cut.ceiling == inf:
            return SEARCHING
        if self._growing_since is None:
            self._growing_since = now
        doubled = (now - self._growing_since) / DOUBLING
        return float(min(SEARCHING, PROBING * 2.0 ** min(doubled, 16.0)))
