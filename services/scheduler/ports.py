"""What the scheduler's rules need from the outside. The adapters are in ``adapters/``."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from services.scheduler.domain.retold import Row
from services.scheduler.domain.returned import Client
from services.scheduler.domain.revisions import KeptWave
from services.scheduler.domain.turns import Advance, OpenWave, Picked
from services.scheduler.domain.unheard import Unheard
from services.scheduler.domain.waves import Phase, Standing
from shared.contracts.base import Message
from shared.contracts.commands import SendMessages
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.directory import ClientsChanged, ClientState
from shared.contracts.mailings import FilterSpec, MailingChanged
from shared.contracts.progress import MailingEmitted, MailingStarted, WavesPlanned
from shared.domain.templates import Recipient

BatchKind = Literal[
    "queued", "planned", "expired", "suppressed", "cancelled", "unknown", "sent", "failed"
]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a message now: the event that is told of it. ``detail``: a sentence."""

    kind: BatchKind
    reason: str | None = None
    detail: str | None = None


QUEUED = Fate("queued")


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


@dataclass(frozen=True, slots=True)
class Member:
    """A message of a batch, with its client as the copy has them.

    ``recipient`` is there when the mailing's text is a template. ``text``: this client's own;
    None when it is the mailing's, the same for all. ``text_revision``: the mailing's revision the
    text is of, when a call said it whose answer was lost. ``text_sha256``: of what such a call
    said, when nobody here knows the text. ``returned_at``: when the senders last gave the message
    back, or a person wanted it sent again.
    """

    message_id: int
    client_id: int
    client_revision: int
    address: str
    zone: str
    dispatch: int
    client: Client
    recipient: Recipient | None = None
    text: str | None = None
    text_revision: int | None = None
    text_sha256: str | None = None
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Messages of a mailing that came back. ``ends_at``: the deadline of their own that all of them
    have; the mailing is as it is for them."""

    mailing: MailingChanged
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that were written down together and are now to be told of together.

    It stays in the store until it was: the row is its own outbox.
    """

    id: int
    mailing: MailingChanged
    fate: Fate
    members: Sequence[Member]
    written_at: datetime


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

    async def unannounced_waves(self) -> list[WavesPlanned]: ...

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


class Outlet(Protocol):
    """The way to the broker. Every method returns when the broker has confirmed."""

    async def tell(self, message: Message) -> None: ...

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None: ...


class Inquiries(Outlet, Protocol):
    async def ask(self, questions: Sequence[SendMessages]) -> None:
        """Behind every retry whose time has come."""
        ...


class Room(Protocol):
    """How much may be emitted now."""

    async def envelopes(self, *, urgent: bool) -> int: ...


class Meter(Protocol):
    """What the senders of a channel have taken."""

    def commands_taken(self) -> float:
        """In all, since this replica leads."""
        ...


class Paces(Protocol):
    """How fast the senders of a channel were when they were last kept busy."""

    async def keep(self, channel: str, per_second: float, now: datetime) -> None: ...


class UnheardOf(Protocol):
    """Mailings of which all is emitted, and which have not finished."""

    async def finished(self, mailing_id: int, revision: int) -> None:
        """Stats has declared it."""
        ...

    async def follow(self, now: datetime) -> list[Unheard]:
        """Notes since when there is nothing left of a mailing to wait for here; all of those."""
        ...

    async def tell_again(self, mailing: MailingChanged, now: datetime) -> None:
        """Makes its waves and its end untold, if the mailing still has that revision."""
        ...

    async def page(self, mailing_id: int, after: int, limit: int) -> Sequence[Row]:
        """Messages that are with the senders or were ended here, by client id, behind the client
        ``after``."""
        ...

    async def asked(self, mailing: MailingChanged, after: int) -> None:
        """The round of questions has come to this client."""
        ...

    async def asked_all(self, mailing: MailingChanged, now: datetime) -> None: ...


class Quiet(Protocol):
    async def is_quiet(self) -> bool:
        """Whether what was said has been heard, as far as anybody can see: questions would only
        make those later who are behind."""
        ...


@dataclass(frozen=True, slots=True)
class Pile:
    """Things that should not stay as they are: how many, and since when the first has been so."""

    count: int = 0
    since: datetime | None = None


class Piles(Protocol):
    """What stands still, for those who watch over us. Paused mailings do so rightly."""

    async def unpublished(self) -> Pile:
        """Batches, by when they were written."""
        ...

    async def held(self, due_before: datetime) -> Pile:
        """Messages that could have been looked at since; of each mailing some thousand at most."""
        ...

    async def waves(self, due_before: datetime) -> Pile:
        """Waves that should have opened or closed by then."""
        ...

    async def unfinished(self) -> Pile:
        """Mailings with nothing left to wait for here, by since when."""
        ...


@dataclass(frozen=True, slots=True)
class Missing:
    """News that held messages wait for and that should have come long ago."""

    clients: Sequence[int] = ()
    mailings: Sequence[int] = ()


class Strays(Protocol):
    """What no event will move on."""

    async def missing(self, due_before: datetime, limit: int) -> Missing: ...

    async def stray_waves(self) -> list[MailingChanged]:
        """Mailings whose end was told, with waves that have not ended."""
        ...

    async def end_waves(self, mailing: MailingChanged) -> int:
        """Whoever such a wave was for came too late; nothing, if the mailing has changed."""
        ...


class News(Protocol):
    """What the api knows now."""

    async def client(self, client_id: int) -> ClientsChanged: ...

    async def mailing(self, mailing_id: int) -> MailingChanged | None:
        """None when it has finished there."""
        ...
