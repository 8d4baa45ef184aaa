"""Messages, and who lacks one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.scheduler.domain.turns import Advance, OpenWave, Picked
from services.scheduler.domain.waves import Phase
from services.scheduler.ports.batches import Batch, Fate, Held, Member
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.mailings import MailingChanged


class Messages(Protocol):
    """Messages, and the batches that are not published yet."""

    async def mailings_in(self, phase: Phase) -> list[MailingChanged]:
        """Mailings, not paused, with a wave in this phase."""
        ...

    async def holding(self, now: datetime) -> list[Held]:
        """Of mailings, not paused, with messages that :meth:`members` would give."""
        ...

    async def waves_in(self, mailing_id: int, phase: Phase, now: datetime) -> list[OpenWave]:
        """Those that close first before the others; no open one that is to be moved on."""
        ...

    async def pick(
        self, mailing: MailingChanged, waves: Sequence[OpenWave], limit: int
    ) -> list[Picked]: ...

    async def write(
        self,
        mailing: MailingChanged,
        phase: Phase,
        fates: Mapping[Fate, Sequence[Picked]],
        done: Sequence[Advance],
        now: datetime,
    ) -> list[Batch]:
        """Writes rows for those who have none yet, how far the waves have come, and a batch for
        every fate.

        Nothing is written, and no batch returned, when the mailing has changed since it was read
        or one of the waves is no longer in ``phase``.
        """
        ...

    async def unpublished(
        self, now: datetime, written_before: datetime | None = None
    ) -> list[Batch]:
        """What may not have been told yet; None: whenever it was written.

        Commands whose mailing or client has changed since they were written are not among it: they
        go the way of those that came back, so that one dispatch never has two texts.
        """
        ...

    async def published(self, batch: Batch) -> None: ...

    async def take_back(self, batch: Batch, members: Sequence[Member], now: datetime) -> None:
        """Makes messages of an unpublished batch ones that came back, due now."""
        ...

    async def hold(self, returned: DeliveryEvents, due_at: Sequence[datetime]) -> None:
        """Takes returned messages back, under their next dispatch, with the text that another call
        must repeat. Replays change nothing."""
        ...

    async def members(self, held: Held, now: datetime, limit: int) -> list[Member]:
        """Those that are due, where mailing and client have reached the revisions they wait for."""
        ...

    async def emit_again(
        self,
        held: Held,
        fate: Fate,
        members: Sequence[Member],
        due_at: datetime | None,
        now: datetime,
    ) -> Batch | None:
        """Like :meth:`write`, for messages that came back; ``due_at`` of those held again."""
        ...


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A member of a frozen audience without a row. ``zone``: where they were when it was frozen;
    ``cursor``: how far that zone's wave came."""

    zone: str
    cursor: int
    client_id: int
    client_revision: int
    deleted: bool


class Leftovers(Protocol):
    """Frozen audiences after their waves."""

    async def unswept(self) -> list[MailingChanged]:
        """Mailings, not paused, whose waves have all ended, with members who may lack a row."""
        ...

    async def left_over(self, mailing_id: int, after: int, limit: int) -> list[LeftOver]:
        """Members without a row, by client id, behind the client ``after``."""
        ...

    async def swept(self, mailing: MailingChanged) -> None:
        """Every member has a row, if the mailing still has that revision."""
        ...
