"""What the sender needs from outside; the receipt of an envelope stands with ``Parcel``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from services.sender.domain.failures import Result
from services.sender.domain.outcomes import Outcome, Told
from services.sender.domain.verdicts import Look
from services.sender.domain.work import Work
from shared.contracts.commands import SendMessages
from shared.contracts.delivery import CallsInFlight, DeliveryEvents
from shared.contracts.gates import Gate


class RecordedAs(NamedTuple):
    """The place in a message's life under which an outcome was recorded."""

    dispatch: int
    attempt: int


class Ledger(Protocol):
    """One row per message, shared by all senders. Its clock is the database's: leases and
    deadlines mean the same on every host. Raises what ``is_transient`` knows when away.

    No two works given to one call may be of the same message.
    """

    async def claim(self, works: Sequence[Work]) -> Mapping[int, bool]:
        """The ids this sender may call now, under a lease; the value: an earlier call's outcome
        was never learnt."""
        ...

    async def look(self, works: Sequence[Work]) -> Sequence[Look]:
        """What stands recorded, in the order of ``works``."""
        ...

    async def record_calls(self, outcomes: Sequence[Outcome]) -> Mapping[int, RecordedAs]:
        """Record the outcomes of calls. Those left out were not: somebody else holds the
        message now, and only the news that it was sent may overrule them."""
        ...

    async def follow(self, tolds: Sequence[Told]) -> None:
        """Messages that were sent are told so under a later dispatch: keeps which, so that what
        the row says is what was last said."""
        ...

    async def record_uncalled(self, outcomes: Sequence[Outcome]) -> Mapping[int, bool]:
        """Record what was decided without a call. The ids of those whose row nobody has moved
        meanwhile; the value: some call of the message may have been accepted."""
        ...


class Stretch(NamedTuple):
    """A piece of the ledger: its last id, None when there was nothing; what in it is overdue."""

    last: int | None
    stale_claims: int
    overdue_retries: int


class LedgerWalk(Protocol):
    async def stretch(self, after: int, limit: int, due_before: datetime) -> Stretch: ...


class Gates(Protocol):
    async def store(self, gates: Sequence[Gate]) -> None:
        """Each gate changes only to a higher revision."""
        ...


class Provider(Protocol):
    async def send(self, message_id: int, address: str, text: str) -> Result:
        """One call, within the call timeout. Never raises for what a provider may do."""
        ...


class Outbox(Protocol):
    """Publishes with confirms. Raises ConnectionError when none came: publish again."""

    async def events(self, message: DeliveryEvents) -> None: ...

    async def retry(self, tier: int, envelope: SendMessages) -> None: ...

    async def in_flight(self, report: CallsInFlight) -> None: ...


class Link(Protocol):
    def may_call(self) -> bool:
        """Whether the broker is connected and every gate sent so far is in the database."""
        ...

    def replicas(self) -> int:
        """How many senders there are, this one included, as far as the broker has told."""
        ...
