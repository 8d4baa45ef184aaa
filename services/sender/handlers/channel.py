"""One channel's pieces put together: what comes in as parcels goes out as settled receipts."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.sender.domain.breaker import Breaker, BreakerRules
from services.sender.domain.decisions import Rules
from services.sender.domain.intake import Intake
from services.sender.domain.work import Parcel, Work
from services.sender.handlers.calling import Calling, Slots
from services.sender.handlers.claiming import Claiming
from services.sender.handlers.custody import Custody
from services.sender.handlers.publishing import Publishing
from services.sender.handlers.recording import Recording
from services.sender.ports import Ledger, Link, Outbox, Provider
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """The ports of a channel."""

    ledger: Ledger
    provider: Provider
    outbox: Outbox
    link: Link
    clock: Clock


@dataclass(frozen=True, slots=True)
class Limits:
    """``concurrency``: calls under way; ``flush_size`` and ``flush_every`` (seconds): outcomes are
    recorded when so many are there, or so late; ``backlog``: outcomes on their way out above which
    no call begins."""

    concurrency: int
    flush_size: int
    flush_every: float
    backlog: int


class ChannelSender:
    def __init__(
        self, channel: str, outside: Outside, rules: Rules, breaker: BreakerRules, limits: Limits
    ) -> None:
        self.channel = channel
        self._custody = Custody()
        slots = Slots(limits.concurrency)
        self._publishing = Publishing(outside.outbox, self._custody, self._look_again)
        self._recording = Recording(
            channel,
            outside.ledger,
            self._publishing,
            full=limits.flush_size,
            linger=limits.flush_every,
        )
        self._calling = Calling(
            channel,
            outside.provider,
            outside.clock,
            rules,
            Breaker(breaker),
            outside.link.replicas,
            slots,
            self._recording.add,
        )
        self._claiming = Claiming(
            channel,
            outside.ledger,
            outside.link,
            rules,
            Intake(),
            self._custody,
            slots,
            self._calling,
            self._publishing.add,
            limits.backlog,
        )

    def put(self, parcel: Parcel) -> None:
        self._claiming.put(parcel)

    def calls_by_mailing(self) -> Mapping[int, int]:
        return self._calling.by_mailing()

    def loops(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        return {
            f"claim-{self.channel}": self._claiming.run,
            f"record-{self.channel}": self._recording.run,
            f"publish-{self.channel}": self._publishing.run,
        }

    async def stop(self, patience: float) -> None:
        """Begins nothing more, finishes within ``patience`` seconds what has begun, gives back
        the rest. The loops must still be running, and the queues no longer be read."""
        try:
            async with asyncio.timeout(patience):
                await self._claiming.stop()
                await self._custody.wait_until_empty()
        except TimeoutError:
            log.warning(
                "Stopping with work in hand: the lease will run out, the broker has the rest",
                extra=facts("stop", channel=self.channel, commands=len(self._custody)),
            )
        await self._custody.give_back(self._custody.open_parcels())

    def _look_again(self, works: list[Work]) -> None:
        self._claiming.look_again(works)
