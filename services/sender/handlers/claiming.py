"""Claims commands as call slots become free, and deals with those the ledger does not give out.

One loop per channel, so a command is in one place at a time. A claim takes what slots there are,
waiting a few milliseconds for more of them under load, because a claim of one costs as much as a
claim of fifty; when there are slots for all that waits, it does not wait.

While the channel's calls are held back, commands stay in the intake, unclaimed: nothing of theirs
is used up. But they are looked through, so that what a gate stops or whose time is over goes back.
The same where the provider's limit is kept: nothing is claimed before it may be called.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from services.sender.domain.breaker import Flow
from services.sender.domain.decisions import Rules
from services.sender.domain.intake import Intake
from services.sender.domain.outcomes import Outcome, Settlement, settlement
from services.sender.domain.verdicts import (
    LEAST_LEFT,
    ClaimAgain,
    Look,
    Record,
    Settle,
    Verdict,
    is_followed,
    judge,
)
from services.sender.domain.work import Parcel, Work
from services.sender.handlers import metrics
from services.sender.handlers.calling import Calling, Slots
from services.sender.handlers.custody import Custody
from services.sender.ports import Ledger, Link
from shared.runtime.database import is_transient
from shared.runtime.faults import let_go
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

LINGER = 0.005  # what a claim of fifty takes: waiting longer for slots would leave them idle
BLOCKED_PAUSE = 0.05  # how soon a channel that may call again is noticed
DATABASE_PAUSE = 0.5
REVIEW_EVERY = 2.0  # seconds; a held command that must not be sent goes back within it
REVIEW_AT_ONCE = 500  # commands per query
PAUSE_AFTER_BUG = 1.0
# What a claim saw of the gates may be so old (seconds) when its calls begin. A pause is promised to
# hold a second after it was answered; connecting takes its share of that second, too.
FRESH = LEAST_LEFT.total_seconds()


class Claiming:
    def __init__(
        self,
        channel: str,
        ledger: Ledger,
        link: Link,
        rules: Rules,
        intake: Intake,
        custody: Custody,
        slots: Slots,
        calling: Calling,
        publish: Callable[[Sequence[Settlement]], None],
        backlog: int,
    ) -> None:
        """``backlog``: so many outcomes may be on their way out before no more calls begin."""
        self._channel = channel
        self._ledger = ledger
        self._link = link
        self._rules = rules
        self._intake = intake
        self._custody = custody
        self._slots = slots
        self._calling = calling
        self._publish = publish
        self._backlog = backlog
        self._slice = max(1, slots.count // 2)
        self._filled = asyncio.Event()
        self._turn = asyncio.Lock()
        self._stopping = False
        self._reviewed_at = monotonic()
        self._claimed_total = metrics.CLAIMED.labels(channel)
        metrics.HELD.labels(channel).set_function(lambda: len(intake))

    def put(self, parcel: Parcel) -> None:
        self._custody.register(parcel)
        self._intake.put(parcel)
        self._filled.set()

    def look_again(self, works: list[Work]) -> None:
        if works:
            self._intake.put_back(works)
            self._filled.set()

    async def stop(self) -> None:
        """No claim begins after this returns; calls under way go on."""
        self._stopping = True
        async with self._turn:
            return

    async def run(self) -> None:
        while True:
            await self._work_waiting()
            if not self._may_begin():
                await asyncio.sleep(BLOCKED_PAUSE)
                continue
            flow = self._calling.flow()
            if flow is Flow.FREE:
                await self._room()
            async with self._turn:
                await self._take_turn(flow)

    async def _work_waiting(self) -> None:
        while not len(self._intake):
            self._filled.clear()
            await self._filled.wait()

    def _may_begin(self) -> bool:
        on_their_way_out = len(self._custody) - self._slots.taken
        return not self._stopping and self._link.may_call() and on_their_way_out < self._backlog

    async def _room(self) -> None:
        wanted = min(self._slice, len(self._intake))
        if self._slots.free < wanted:
            await self._slots.wait(wanted, LINGER)

    async def _take_turn(self, flow: Flow) -> None:
        # Waiting for room took time, in which the world may have changed.
        if not self._may_begin() or self._calling.flow() is not flow:
            return
        if flow is Flow.FREE:
            await self._claim_or_wait()
        elif flow is Flow.PROBE:
            await self._probe()
        else:
            await self._review_or_wait(BLOCKED_PAUSE)

    async def _claim_or_wait(self) -> None:
        missing = self._calling.wait(min(len(self._intake), self._slots.free))
        if missing > 0:
            await self._review_or_wait(missing)
        else:
            await self._claim(self._intake.take(self._calling.allows()))

    async def _probe(self) -> None:
        self._calling.probe()
        if not await self._claim(self._intake.take(1)):
            self._calling.probe_lost()

    async def _claim(self, taken: list[Work]) -> int:
        """Returns how many calls it started."""
        works = self._custody.admit(taken)
        if not works:
            return 0
        self._slots.reserve(len(works))
        asked = monotonic()
        claimed = await self._claimed(works)
        if claimed is None:
            self._slots.release(len(works))
            return 0
        calls = [work for work in works if work.message_id in claimed]
        rest = [work for work in works if work.message_id not in claimed]
        if monotonic() - asked > FRESH:
            calls = await self._still_free(calls)
        self._slots.release(len(works) - len(calls))
        for work in calls:
            self._calling.start(work, uncertain=claimed[work.message_id])
        self._claimed_total.inc(len(calls))
        self._release(list(await self._judge(rest)))
        return len(calls)

    async def _claimed(self, works: Sequence[Work]) -> Mapping[int, bool] | None:
        try:
            return await self._ledger.claim(works)
        except Exception as error:  # noqa: BLE001 - settled there: kept, or given back and logged
            await self._failed(works, error)
            return None

    async def _review_or_wait(self, seconds: float) -> None:
        """Waits no longer than what makes a change noticed at once."""
        if monotonic() - self._reviewed_at < REVIEW_EVERY:
            await asyncio.sleep(min(seconds, BLOCKED_PAUSE))
            return
        held = self._intake.take(len(self._intake))
        works = self._custody.admit(held)
        # From the end, because what is kept goes back to the front of its lane.
        for start in reversed(range(0, len(works), REVIEW_AT_ONCE)):
            free = await self._judge(works[start : start + REVIEW_AT_ONCE])
            self._release(list(free))
        self._reviewed_at = monotonic()

    async def _still_free(self, claimed: Sequence[Work]) -> list[Work]:
        """After a claim that took its time: a gate may have closed since it looked."""
        free = await self._judge(claimed)
        may_call = self._link.may_call()
        held = {work for work, look in free.items() if may_call and look.under_our_lease}
        self._release([work for work in free if work not in held])
        return [work for work in free if work in held]

    async def _judge(self, works: Sequence[Work]) -> Mapping[Work, Look]:
        """Deals with those against which something stands; returns the others."""
        if not works:
            return {}
        try:
            looks = await self._ledger.look(works)
            verdicts = [judge(w, look, self._rules) for w, look in zip(works, looks, strict=True)]
            await self._carry_out(verdicts)
        except Exception as error:  # noqa: BLE001 - settled there: kept, or given back and logged
            await self._failed(works, error)
            return {}
        found = zip(works, looks, verdicts, strict=True)
        return {work: look for work, look, verdict in found if isinstance(verdict, ClaimAgain)}

    async def _carry_out(self, verdicts: Sequence[Verdict]) -> None:
        outcomes = [verdict.outcome for verdict in verdicts if isinstance(verdict, Record)]
        recorded = await self._ledger.record_uncalled(outcomes) if outcomes else {}
        settlements = [v.settlement for v in verdicts if isinstance(v, Settle)]
        followed = [told for told in (s.told for s in settlements) if told and is_followed(told)]
        if followed:
            await self._ledger.follow(followed)
        settlements += [
            _settled(outcome, uncertain=recorded[outcome.work.message_id])
            for outcome in outcomes
            if outcome.work.message_id in recorded
        ]
        self._count(verdicts)
        self._publish(settlements)
        self._release([o.work for o in outcomes if o.work.message_id not in recorded])

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            name = _name(verdict)
            if name is not None:
                metrics.UNCALLED.labels(self._channel, name).inc()

    async def _failed(self, works: Sequence[Work], error: Exception) -> None:
        """Away for a while: the works wait. A bug: their envelopes go back, and to send.dead when
        they have done so too often."""
        if is_transient(error):
            log.warning("The ledger is away: %s", type(error).__name__, extra=facts("wait"))
            let_go(error)
            self._release(works)
            await asyncio.sleep(DATABASE_PAUSE)
            return
        log.error("Claiming failed; giving back", extra=facts("give_back"), exc_info=error)
        let_go(error)
        parcels = {work.parcel for work in works}
        self._intake.drop(parcels)
        self.look_again(self._custody.release(works))
        await asyncio.sleep(PAUSE_AFTER_BUG)
        await self._custody.give_back(parcels)

    def _release(self, works: Sequence[Work]) -> None:
        freed = self._custody.release(works)
        self.look_again([*works, *freed])


def _settled(outcome: Outcome, *, uncertain: bool) -> Settlement:
    """``uncertain``: as the ledger has it, which knows of calls that others made."""
    command = outcome.work.command
    return settlement(outcome._replace(uncertain=uncertain), command.dispatch, command.attempt)


def _name(verdict: Verdict) -> str | None:
    match verdict:
        case Settle(settlement) if settlement.told is not None:
            return "published_again"
        case Settle(settlement):
            return "put_off" if settlement.retry is not None else "absorbed"
        case Record(outcome):
            return outcome.reason
        case ClaimAgain():
            return None
