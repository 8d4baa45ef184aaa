"""Whether calls may start on a channel: a state, and what each result makes of it.

Three things hold calls back. A *pause*: the provider asked for it, for so many seconds. An *open
breaker*: a run of failures says that it is down. A *stop*: it refused our token. The last two end
with a probe: one call every so often, the less often the more senders there are, for together they
must not press a provider that is down. A probe that hangs does not keep the next one back, or the
provider's return would go unnoticed until it timed out. Results of calls that were under way before
the last change say nothing about now, so they neither close a breaker nor open it.

Instants are seconds of a monotonic clock.
"""

from dataclasses import dataclass, replace
from enum import Enum
from math import inf

from services.sender.domain.failures import Accepted, Result, Throttled, Unauthorized

# All senders together; five are allowed, and one of them is for counts that come late. Twenty
# senders then probe every five seconds each, and all of them notice a return within that.
PROBES_PER_SECOND = 4.0


class Flow(Enum):
    FREE = "free"
    PROBE = "probe"  # one call
    NONE = "none"


class Fault(Enum):
    FAILING = "failing"
    UNAUTHORIZED = "unauthorized"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    failures: int  # in a row, until it opens
    probe_every: float  # seconds between probes of a failing provider, at the least
    probe_unauthorized_every: float  # the same, of one that refuses our token
    longest_pause: float  # seconds a provider may make the whole channel wait
    pause_untold: float  # seconds to wait when it asks without saying how long
    # The first probe of a failing provider comes after this share of the time between two: each
    # sender's own, for they all notice an outage at the same moment.
    first_probe: float = 1.0

    def until_probe(self, fault: Fault, replicas: int) -> float:
        """Seconds between two probes of one sender among so many."""
        failing = fault is Fault.FAILING
        least = self.probe_every if failing else self.probe_unauthorized_every
        return max(least, replicas / PROBES_PER_SECOND)

    def pause(self, throttled: Throttled) -> float:
        """Seconds for the whole channel."""
        told = throttled.retry_after
        return min(self.pause_untold if told is None else told, self.longest_pause)


@dataclass(frozen=True, slots=True)
class Breaker:
    """``since``: its last change; the next probe is due ``share`` of the time between two after
    ``probed``, which is the last one or the opening."""

    rules: BreakerRules
    run: int = 0
    fault: Fault | None = None
    since: float = -inf
    probed: float = -inf
    share: float = 1.0
    paused_until: float = -inf

    def flow(self, now: float, replicas: int = 1) -> Flow:
        if now < self.paused_until:
            return Flow.NONE
        if self.fault is None:
            return Flow.FREE
        due = self.probed + self.share * self.rules.until_probe(self.fault, replicas)
        return Flow.PROBE if now >= due else Flow.NONE

    def probe(self, now: float) -> "Breaker":
        """One call is about to start."""
        return replace(self, probed=now, share=1.0)

    def probe_lost(self) -> "Breaker":
        """The call did not take place after all: another may."""
        return replace(self, probed=-inf)

    def excuses(self, started: float) -> bool:
        """Whether the provider was down as a whole while a call that began then was under way: its
        failure says nothing of its message."""
        return self.fault is Fault.FAILING or started < self.since

    def after(self, result: Result, started: float, now: float) -> "Breaker":
        """A call that began at ``started`` has ended."""
        if isinstance(result, Accepted) and self.run == 0 and self.fault is None:
            return self
        if started < self.since:
            return self
        if isinstance(result, Unauthorized):
            return self._refused(now)
        if not isinstance(result, Accepted) and result.trips_breaker:
            return self._failed(now)
        return self._answered(now)

    def pause(self, throttled: Throttled, now: float) -> "Breaker":
        """The provider asks the whole channel to wait."""
        until = now + self.rules.pause(throttled)
        return replace(self, paused_until=max(self.paused_until, until))

    def _answered(self, now: float) -> "Breaker":
        since = self.since if self.fault is None else now
        return replace(self, run=0, fault=None, since=since)

    def _refused(self, now: float) -> "Breaker":
        return self if self.fault is Fault.UNAUTHORIZED else self._broken(Fault.UNAUTHORIZED, now)

    def _failed(self, now: float) -> "Breaker":
        counted = replace(self, run=self.run + 1)
        opens = self.fault is None and counted.run >= self.rules.failures
        return counted._broken(Fault.FAILING, now) if opens else counted

    def _broken(self, fault: Fault, now: float) -> "Breaker":
        share = self.rules.first_probe if fault is Fault.FAILING else 1.0
        return replace(self, fault=fault, since=now, probed=now, share=share)
