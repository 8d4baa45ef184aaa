"""Whether calls may start on a channel: a state, and what each result makes of it.

Three things hold calls back. A *pause*: the provider asked for it, for so many seconds. An *open
breaker*: a run of failures says that it is down. A *stop*: it refused our token. The last two end
with a probe: one call, alone, once every so often; its result decides. Results of calls that were
under way before say nothing about now, so they neither close a breaker nor reopen a channel.

Instants are seconds of a monotonic clock.
"""

from dataclasses import dataclass, replace
from enum import Enum

from services.sender.domain.failures import Accepted, Result, Throttled, Unauthorized


class Flow(Enum):
    FREE = "free"
    PROBE = "probe"  # one call, when no other is under way
    NONE = "none"


class Fault(Enum):
    FAILING = "failing"
    UNAUTHORIZED = "unauthorized"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    failures: int  # in a row, until it opens
    probe_every: float  # seconds between probes of a failing provider
    probe_unauthorized_every: float  # seconds between probes of one that refuses our token
    longest_pause: float  # seconds a provider may make the whole channel wait
    pause_untold: float  # seconds to wait when it asks without saying how long

    def until_probe(self, fault: Fault) -> float:
        failing = fault is Fault.FAILING
        return self.probe_every if failing else self.probe_unauthorized_every


@dataclass(frozen=True, slots=True)
class Breaker:
    rules: BreakerRules
    run: int = 0
    fault: Fault | None = None
    probe_at: float = 0.0
    probing: bool = False
    paused_until: float = 0.0

    def flow(self, now: float) -> Flow:
        if now < self.paused_until or self.probing:
            return Flow.NONE
        if self.fault is None:
            return Flow.FREE
        return Flow.PROBE if now >= self.probe_at else Flow.NONE

    def probe(self) -> "Breaker":
        """One call is about to start, alone."""
        return replace(self, probing=True)

    def probe_lost(self) -> "Breaker":
        """The call did not take place after all: another may."""
        return replace(self, probing=False)

    def after(self, result: Result, now: float) -> "Breaker":
        if isinstance(result, Accepted) and self.run == 0 and self.fault is None:
            return self
        if isinstance(result, Unauthorized):
            return self._broken(Fault.UNAUTHORIZED, now)
        if isinstance(result, Throttled):
            return self._answered()._paused(result.retry_after, now)
        if not isinstance(result, Accepted) and result.trips_breaker:
            return self._failed(now)
        return self._answered()

    def _answered(self) -> "Breaker":
        if self.fault is not None and not self.probing:
            return self
        return replace(self, run=0, fault=None, probing=False)

    def _paused(self, told: float | None, now: float) -> "Breaker":
        seconds = self.rules.pause_untold if told is None else told
        until = now + min(seconds, self.rules.longest_pause)
        return replace(self, paused_until=max(self.paused_until, until))

    def _failed(self, now: float) -> "Breaker":
        counted = replace(self, run=self.run + 1)
        if self.fault is not None:
            return counted._broken(self.fault, now) if self.probing else self
        opens = counted.run >= self.rules.failures
        return counted._broken(Fault.FAILING, now) if opens else counted

    def _broken(self, fault: Fault, now: float) -> "Breaker":
        probe_at = now + self.rules.until_probe(fault)
        return replace(self, fault=fault, probing=False, probe_at=probe_at)
