"""Makes the calls: so many at a time, each of them under a claim."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from time import monotonic

from services.sender.domain.breaker import Breaker, Fault, Flow
from services.sender.domain.decisions import Rules
from services.sender.domain.failures import Accepted, OutcomeUnknown, Rejected, Result, Throttled
from services.sender.domain.outcomes import Outcome, outcome_of_call
from services.sender.domain.throttle import Throttle
from services.sender.domain.work import Work
from services.sender.handlers import metrics
from services.sender.ports import Provider
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


class Slots:
    """How many more calls may be under way. Reserved before a claim, free again after the call."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.free = count
        self._wanted = 0
        self._reached = asyncio.Event()

    @property
    def taken(self) -> int:
        return self.count - self.free

    def reserve(self, count: int) -> None:
        self.free -= count

    def release(self, count: int = 1) -> None:
        self.free += count
        if self.free >= self._wanted:
            self._reached.set()

    async def wait(self, wanted: int, linger: float) -> None:
        """Until ``wanted`` are free; after ``linger`` seconds one is enough."""
        try:
            async with asyncio.timeout(linger):
                await self._wait_for(wanted)
        except TimeoutError:
            await self._wait_for(1)

    async def _wait_for(self, wanted: int) -> None:
        self._wanted = wanted
        while self.free < wanted:
            self._reached.clear()
            await self._reached.wait()


class Calling:
    def __init__(
        self,
        channel: str,
        provider: Provider,
        clock: Clock,
        rules: Rules,
        breaker: Breaker,
        replicas: Callable[[], int],
        slots: Slots,
        record: Callable[[Outcome], None],
    ) -> None:
        """``replicas``: how many senders there are now."""
        self._channel = channel
        self._provider = provider
        self._clock = clock
        self._rules = rules
        self._breaker = breaker
        self._throttle = Throttle(monotonic(), clock.now().timestamp())
        self._replicas = replicas
        self._slots = slots
        self._record = record
        self._under_way: dict[Work, asyncio.Task[None]] = {}
        self._seconds = metrics.CALL_SECONDS.labels(channel)
        self._accepted = metrics.CALLS.labels(channel, "accepted")
        self._show(None)
        metrics.IN_FLIGHT.labels(channel).set_function(lambda: len(self._under_way))
        metrics.RATE.labels(channel).set_function(lambda: self._throttle.rate)
        metrics.NOISE.labels(channel).set_function(lambda: self._throttle.noise.share)

    def flow(self) -> Flow:
        """A probe needs a slot, and calls that hang may have them all."""
        flow = self._breaker.flow(monotonic(), self._replicas())
        return Flow.NONE if flow is Flow.PROBE and self._slots.free < 1 else flow

    def probe(self) -> None:
        self._breaker = self._breaker.probe(monotonic())

    def probe_lost(self) -> None:
        self._breaker = self._breaker.probe_lost()

    def allows(self) -> int:
        """How many calls may begin now, by the slots and by the rate."""
        return self._throttle.allows(monotonic(), self._slots.free)

    def wait(self, wanted: int) -> float:
        """Seconds until the rate allows enough of so many calls for a claim; 0 when it is now."""
        return self._throttle.wait(monotonic(), wanted)

    def by_mailing(self) -> Mapping[int, int]:
        """Calls under way per mailing."""
        return Counter(work.parcel.letter.mailing_id for work in self._under_way)

    def start(self, work: Work, *, uncertain: bool) -> None:
        """The work is claimed and its slot reserved."""
        self._throttle.started(monotonic())
        self._under_way[work] = asyncio.create_task(self._run(work, uncertain))

    async def _run(self, work: Work, uncertain: bool) -> None:
        try:
            await self._call(work, uncertain)
        finally:
            del self._under_way[work]
            self._slots.release()

    async def _call(self, work: Work, uncertain: bool) -> None:
        started = monotonic()
        result = await self._result(work)
        ended = monotonic()
        self._observe(result, ended - started)
        self._learn(result, started, ended)
        outcome = outcome_of_call(
            work,
            result,
            uncertain=uncertain,
            now=self._clock.now(),
            latency_ms=round((ended - started) * 1000),
            rules=self._rules,
            outage=self._breaker.excuses(started),
        )
        self._record(outcome)

    async def _result(self, work: Work) -> Result:
        command = work.command
        try:
            return await self._provider.send(command.message_id, command.address, work.text)
        except Exception:  # a bug, but the request may have left: what is honest is "unknown"
            log.exception(
                "A call failed in an unforeseen way",
                extra=facts("call", message_id=command.message_id),
            )
            return OutcomeUnknown(fact="a fault of the sender")

    def _observe(self, result: Result, seconds: float) -> None:
        if isinstance(result, Accepted):
            self._accepted.inc()
        else:
            metrics.CALLS.labels(self._channel, result.reason).inc()
        self._seconds.observe(seconds)

    def _learn(self, result: Result, started: float, now: float) -> None:
        before, self._breaker = self._breaker, self._breaker.after(result, started, now)
        if isinstance(result, Accepted | Rejected):
            self._throttle.accepted(started, now)
        elif isinstance(result, Throttled) and self._means_all(result, started, now):
            self._breaker = self._breaker.pause(result, now)
        if before.fault is not self._breaker.fault:
            self._announce(self._breaker.fault)

    def _means_all(self, result: Throttled, started: float, now: float) -> bool:
        """Whether the whole channel should wait as told, and not this call's message alone."""
        before, pause = self._throttle.rate, self._breaker.rules.pause(result)
        waits = self._throttle.refused(started, now, pause)
        if self._throttle.rate < before:
            log.info(
                "The provider refuses calls as too fast: the rate is lowered to %.1f/s",
                self._throttle.rate,
                extra=facts("throttle", channel=self._channel),
            )
        return waits

    def _show(self, fault: Fault | None) -> None:
        metrics.STOPPED.labels(self._channel).set(fault is Fault.UNAUTHORIZED)
        metrics.BREAKER_OPEN.labels(self._channel).set(fault is Fault.FAILING)

    def _announce(self, fault: Fault | None) -> None:
        self._show(fault)
        known = facts("channel", channel=self._channel)
        if fault is Fault.UNAUTHORIZED:
            log.error("The provider refuses our token: the channel stops", extra=known)
        elif fault is Fault.FAILING:
            log.warning("The provider fails again and again: calls are held back", extra=known)
        else:
            log.info("The provider answers again: the channel goes on", extra=known)
