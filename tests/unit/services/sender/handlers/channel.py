"""A channel at work on ports in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.sender.domain.breaker import BreakerRules
from services.sender.domain.decisions import Rules
from services.sender.handlers.channel import ChannelSender, Limits, Outside
from shared.contracts.commands import SendCommand
from tests.unit.services.sender.fakes import (
    FakeLink,
    FakeOutbox,
    FakeProvider,
    FakeReceipt,
    MemoryLedger,
    Rows,
    parcel,
)


@dataclass
class Channel:
    """``receipts``: one for each envelope put in, in order."""

    rows: Rows = field(default_factory=Rows)
    provider: FakeProvider = field(default_factory=FakeProvider)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    link: FakeLink = field(default_factory=FakeLink)
    receipts: list[FakeReceipt] = field(default_factory=list)
    concurrency: int = 10
    failures: int = 3
    backlog: int = 100

    def __post_init__(self) -> None:
        self.use(MemoryLedger(self.rows))

    def use(self, ledger: MemoryLedger) -> None:
        self.ledger = ledger
        outside = Outside(self.ledger, self.provider, self.outbox, self.link, self.rows.clock)
        self.sender = ChannelSender(
            "sms",
            outside,
            Rules((5, 30)),
            BreakerRules(self.failures, 0.05, 0.05, 60.0, 1.0),
            Limits(self.concurrency, flush_size=5, flush_every=0.01, backlog=self.backlog),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Channel"]:
        tasks = [asyncio.ensure_future(loop()) for loop in self.sender.loops().values()]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def state_of(self, one: SendCommand) -> str | None:
        row = self.rows.ledger.get(one.message_id)
        return None if row is None else row.recorded.state

    def put(self, *commands: SendCommand, **changes: object) -> FakeReceipt:
        receipt = FakeReceipt()
        self.receipts.append(receipt)
        self.sender.put(parcel(*commands, receipt=receipt, **changes))  # type: ignore[arg-type]
        return receipt
