"""The copy of the clients, and the plans made from it."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.scheduler.domain.revisions import KeptWave
from services.scheduler.domain.waves import Phase, Standing
from shared.contracts.directory import ClientsAdded, ClientState
from shared.contracts.mailings import FilterSpec, MailingChanged
from shared.contracts.progress import MailingEmitted, MailingStarted, WavesPlanned


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """``starts_over``: from its first client, whatever it had come to; else where it was."""

    zone: str
    size: int
    standing: Standing
    starts_over: bool = False


@dataclass(frozen=True, slots=True)
class DueWave:
    """A wave whose next instant has come: its opening when pending, else its closing, or the last
    instant to begin when it has not."""

    mailing: MailingChanged
    zone: str
    phase: Phase
    due_at: datetime
    begun_at: datetime | None


MakePlan = Callable[[Mapping[str, KeptWave]], Sequence[PlannedWave]]


class Directory(Protocol):
    """The copy of the clients."""

    async def unknown_zones(self, zones: Sequence[str]) -> list[str]:
        """Those of ``zones`` in which the copy has never had a client."""
        ...

    async def apply(
        self,
        clients: Sequence[ClientState],
        new_waves: Mapping[int, Sequence[PlannedWave]],
        position: int | None = None,
    ) -> None:
        """Keeps each state that is newer than the one it has, adds waves (by mailing id) for zones
        that were unknown, and notes the position that was reached; all or nothing."""
        ...

    async def add(
        self, added: ClientsAdded, new_waves: Mapping[int, Sequence[PlannedWave]]
    ) -> None:
        """Like :meth:`apply`, of clients who are new; costs less."""
        ...

    async def count_by_zone(self, filter_: FilterSpec) -> dict[str, int]:
        """Matching clients in every zone the copy knows, zeros included. Costs what there are of
        zones, codes and sets of tags, whatever the number of clients."""
        ...

    async def freeze(self, mailing_id: int, filter_: FilterSpec) -> None:
        """Takes down who matches now, instead of whoever was taken down before."""
        ...

    async def count_frozen(self, mailing_id: int) -> dict[str, int]:
        """Like :meth:`count_by_zone`, of a frozen audience: by the zone they live in now; those
        deleted since by the zone they had."""
        ...


class Plans(Protocol):
    """Mailings as launched, and their waves."""

    async def known(self, mailing_id: int) -> MailingChanged | None:
        """The mailing as of the revision that the plan has."""
        ...

    async def save(
        self, mailing: MailingChanged, plan: MakePlan, revived: Collection[str], now: datetime
    ) -> None:
        """Keeps the mailing and the waves that ``plan`` makes of those there are, and brings back
        the messages that the scheduler ended for a reason in ``revived``.

        Nothing happens when the plan has this revision, or a higher one.
        """
        ...

    async def waiting(self) -> list[MailingChanged]:
        """Mailings with waves that have not taken anybody yet."""
        ...

    async def resize(self, mailing: MailingChanged, sizes: Mapping[str, int]) -> bool:
        """Corrects the sizes (by zone) of waves that have not taken anybody yet, if the mailing
        still has that revision; whether any was another."""
        ...

    async def growing(self) -> list[MailingChanged]:
        """Mailings that could still take in a new zone."""
        ...

    async def due(self, now: datetime, limit: int) -> list[DueWave]: ...

    async def move(
        self, mailing: MailingChanged, standings: Mapping[str, Standing], now: datetime
    ) -> None:
        """Gives waves (by zone) their new standing, if the mailing still has that revision."""
        ...

    def unannounced_waves(self) -> AsyncIterator[WavesPlanned]: ...

    async def waves_announced(self, waves: WavesPlanned) -> None: ...

    async def unannounced_starts(self) -> list[MailingStarted]: ...

    async def start_announced(self, started: MailingStarted) -> None: ...

    async def unannounced_ends(self) -> list[MailingEmitted]:
        """Mailings all of whose waves have ended, with every batch published."""
        ...

    async def end_announced(self, emitted: MailingEmitted) -> None: ...

    async def next_instant(self, now: datetime) -> datetime | None:
        """When something is next due: an opening, a closing, a held message.

        A held message that is due already waits for a revision, and a message will wake us.
        """
        ...
