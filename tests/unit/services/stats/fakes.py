"""Stand-ins for the world outside the books."""

from dataclasses import dataclass, field
from datetime import datetime

from services.stats.domain.in_flight import InFlightCalls
from services.stats.domain.receipts import Settled
from services.stats.domain.standing import Change
from services.stats.handlers import Ports
from services.stats.ports import Books, Overdue
from shared.contracts.progress import MailingFinished
from tests.unit.services.stats.examples import START


@dataclass
class FakeClock:
    instant: datetime = START

    def now(self) -> datetime:
        return self.instant


@dataclass
class FakeAnnouncer:
    """``away``: the broker does not confirm."""

    announced: list[MailingFinished] = field(default_factory=list)
    away: bool = False

    async def finished(self, message: MailingFinished) -> None:
        if self.away:
            raise ConnectionError
        self.announced.append(message)


@dataclass
class FakeMeters:
    applied: int = 0
    stale: int = 0
    received: int = 0
    forgotten: int = 0
    wrong: int | None = None
    late: Overdue | None = None

    def batch(self, change: Change, seconds: float) -> None:
        self.applied += change.applied
        self.stale += change.stale

    def receipts(self, settled: Settled) -> None:
        self.received += settled.change.applied

    def receipts_forgotten(self, receipts: int) -> None:
        self.forgotten += receipts

    def overdue(self, found: Overdue) -> None:
        self.late = found

    def out_of_balance(self, mailings: int) -> None:
        self.wrong = mailings


def ports(books: Books, announcer: FakeAnnouncer | None = None) -> Ports:
    return Ports(
        books=books,
        announcer=announcer or FakeAnnouncer(),
        in_flight=InFlightCalls(),
        meters=FakeMeters(),
        clock=FakeClock(),
    )
