"""Whether calls may start on a channel: a state, and what each result makes of it.

Three things hold calls back. A *pause*: the provider asked for it, for so many seconds. An *open
breaker*: a run of failures says that it is down. A *stop*: it refused our token. The last two end
with a probe: one call every so often, less often the longer they fail; its result decides. A probe
that hangs does not keep the next one back, or the provider's return would go unnoticed until it
timed out. Results of calls that were under way before the last change say nothing about now, so
they neither close a breaker nor open it.

Instants are seconds of a monotonic clock.
"""

from dataclasses import dataclass, replace
from enum import Enum
from math import inf

from services.sender.domain.failures import Accepted, Result, Throttled, Unauthorized


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
    probe_every: float  # seconds between the first probes of a failing provider
    probe_slowest: float  # the same, after probes that failed: each doubles them, up to this
    probe_unauthorized_every: float  # seconds between probes of one that refuses our token
    longest_pause: float  # seconds a provider may make the whole channel wait
    pause_untold: float  # seconds to wait when it asks without saying how long

    def until_probe(self, fault: Fault) -> float:
        failing = fault is Fault.FAILING
        return self.probe_every if failing else self.probe_unauthorized_every

    def pause(self, throttled: Throttled) -> float:
        """Seconds for the whole channel."""
        told = throttled.retry_after
        return min(self.pause_untold if told is None else told, self.longest_pause)


@dataclass(frozen=True, slots=True)
class Breaker:
    """``since``: its last change; ``gap``: seconds from a probe to the next."""

    rules: BreakerRules
    run: int = 0
    fault: Fault | None = None
    since: float = -inf
    probe_at: float = 0.0
    gap: float = 0.0
    paused_until: float = 0.0

    def flow(self, now: float) -> Flow:
        if now < self.paused_until:
            return Flow.NONE
        if self.fault is None:
            return Flow.FREE
        return Flow.PROBE if now >= self.probe_at else Flow.NONE

    def probe(self, now: float) -> "Breaker":
        """One call is about to start."""
        return replace(self, probe_at=now + self.gap)

    def probe_lost(self, now: float) -> "Breaker":
        """The call did not take place after all: another may."""
        return replace(self, probe_at=now)

    def after(self, result: Result, started: float, now: float) -> "Breaker":
        """A call that began at ``started`` has ended."""
        if isinstance(result, Accepted) and self.run == 0 and self.fault is None:
            return self
        paused = self._paused(result, now) if isinstance(result, Throttled) else self
        if started < self.since:
            return paused
        if isinstance(result, Unauthorized):
            return self._refused(now)
        if not isinstance(result, Accepted) and result.trips_breaker:
            return self._failed(now)
        return paused._answered(now)

    def _answered(self, now: float) -> "Breaker":
        since = self.since if self.fault is None else now
        return replace(self, run=0, fault=None, since=since)

    def _paused(self, throttled: Throttled, now: float) -> "Breaker":
        until = now + self.rules.pause(throttled)
        return replace(self, paused_until=max(self.paused_until, until))

    def _refused(self, now: float) -> "Breaker":
        return self if self.fault is Fault.UNAUTHORIZED else self._broken(Fault.UNAUTHORIZED, now)

    def _failed(self, now: float) -> "Breaker":
        counted = replace(self, run=self.run + 1)
        if self.fault is Fault.UNAUTHORIZED:
            return counted
        if self.fault is Fault.FAILING:
            return replace(counted, gap=min(2 * self.gap, self.rules.probe_slowest))
        opens = counted.run >= self.rules.failures
        return counted._broken(Fault.FAILING, now) if opens else counted

    def _broken(self, fault: Fault, now: float) -> "Breaker":
        gap = self.rules.until_probe(fault)
        return replace(self, fault=fault, since=now, probe_at=now + gap, gap=gap)
