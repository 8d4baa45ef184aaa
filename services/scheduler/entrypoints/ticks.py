"""The passing of time: what the leader does without being asked.

It sleeps until the next instant at which something is due, or until a message wakes it; only
while waves are open and the senders have enough to do does it look again every few milliseconds.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

from services.scheduler.handlers.announcing import Announcer
from services.scheduler.handlers.emission import Emitter, Round
from services.scheduler.handlers.measuring import Measuring
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.sweeping import Sweeper
from services.scheduler.ports import Plans
from shared.runtime.clock import Clock

# The senders' queue is measured this often while it is full enough.
WHILE_HELD_BACK = 0.05
# Rounds of emission after which those who will not be sent to are looked for all the same.
SETTLING_EVERY = 10
# Should something be due that cannot be done, the loop does not spin.
LEAST_SLEEP = 0.005
# The books of a waiting mailing may be this old.
BETWEEN_COUNTS = 2.0
# Each batch that was emitted is a reason to look at the waves, and with a hundred thousand of them
# a look takes long: four fifths of the time belong to others, unless an instant comes meanwhile.
PAUSE_AFTER_LOOKS = 4
# A look that told of the ends of twenty mailings took long, too, and the last one still waits.
LONGEST_PAUSE = 1.0
# Large frozen audiences take long to count: nine tenths of the time belong to others.
PAUSE_AFTER_COUNTS = 9
# Nobody tells us when a rebuild has ended.
LONGEST_SLEEP = 5.0


class Wakeup:
    """Lets several loops sleep until any of them, or a message, has news."""

    def __init__(self) -> None:
        self._waiters: list[asyncio.Event] = []

    def waiter(self) -> asyncio.Event:
        event = asyncio.Event()
        event.set()  # the first look needs no reason
        self._waiters.append(event)
        return event

    def wake(self) -> None:
        for event in self._waiters:
            event.set()


async def sleep_until_woken(event: asyncio.Event, seconds: float) -> bool:
    """Whether it was woken, rather than the time having come."""
    try:
        async with asyncio.timeout(max(LEAST_SLEEP, seconds)):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True


class Ticks:
    def __init__(
        self,
        planner: Planner,
        publishing: Publishing,
        emitter: Emitter,
        measuring: Measuring,
        sweeper: Sweeper,
        announcer: Announcer,
        plans: Plans,
        clock: Clock,
        wakeup: Wakeup,
    ) -> None:
        self._planner = planner
        self._publishing = publishing
        self._emitter = emitter
        self._measuring = measuring
        self._sweeper = sweeper
        self._announcer = announcer
        self._plans = plans
        self._clock = clock
        self._wakeup = wakeup

    async def waves(self) -> None:
        """Opens and closes waves on time, and tells the others how mailings stand."""
        woken = self._wakeup.waiter()
        while True:
            started = time.monotonic()
            if await self._planner.move_due_waves():
                self._wakeup.wake()
            await self._announcer.announce()
            wait = await self._until_next()
            took = time.monotonic() - started
            pause = min(max(wait, 0.0), took * PAUSE_AFTER_LOOKS, LONGEST_PAUSE)
            await asyncio.sleep(pause)
            if not await sleep_until_woken(woken, wait - pause):
                self._wakeup.wake()

    async def _until_next(self) -> float:
        now = self._clock.now()
        next_instant = await self._plans.next_instant(now)
        if next_instant is None:
            return LONGEST_SLEEP
        return min((next_instant - now).total_seconds(), LONGEST_SLEEP)

    async def emission(self) -> None:
        """Emits as fast as the senders take; accounts for the others while it has to wait."""
        woken = self._wakeup.waiter()
        await self._publishing.recover()
        had_work = settled = False
        for rounds in itertools.count():
            outcome = await self._emitter.emit_round()
            await self._measuring.note(outcome)
            has_time = outcome is Round.NOTHING or (settled and outcome is not Round.DONE)
            is_their_turn = has_time or rounds % SETTLING_EVERY == 0
            settled = is_their_turn and await self._emitter.settle_round()
            # The turn that finds a wave empty takes nobody, but ends it.
            ended = had_work and outcome is Round.NOTHING
            had_work = outcome is not Round.NOTHING
            if settled or ended or outcome is Round.DONE:
                self._wakeup.wake()
            elif outcome is Round.NOTHING:
                await sleep_until_woken(woken, LONGEST_SLEEP)
            else:
                await asyncio.sleep(WHILE_HELD_BACK)

    async def sizes(self) -> None:
        """Lets the waves that wait follow the directory, now and then: an import changes it by
        the thousand."""
        while True:
            started = time.monotonic()
            if await self._planner.follow_directory():
                self._wakeup.wake()
            took = time.monotonic() - started
            await asyncio.sleep(max(BETWEEN_COUNTS, took * PAUSE_AFTER_COUNTS))

    async def sweeping(self) -> None:
        """Accounts for those whom no wave has found, as soon as all have ended."""
        woken = self._wakeup.waiter()
        while True:
            if await self._sweeper.sweep_round():
                self._wakeup.wake()
            await sleep_until_woken(woken, LONGEST_SLEEP)

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "waves": self.waves,
            "emission": self.emission,
            "sizes": self.sizes,
            "sweeping": self.sweeping,
        }
