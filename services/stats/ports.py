"""What the handlers need from the world."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.stats.domain.books import ByStatus, MailingBook, ZoneBook
from services.stats.domain.calls import Call
from services.stats.domain.dead_letters import Cause, DeadLetter, Group, Wanted
from services.stats.domain.receipts import Receipt, Settled
from services.stats.domain.standing import Change, Standing
from shared.contracts.delivery import MessagesForgotten
from shared.contracts.progress import MailingEmitted, MailingFinished, WavesPlanned
from shared.contracts.statuses import Status


@dataclass(frozen=True, slots=True)
class Due:
    """A mailing whose messages are all at an end as of this revision, not announced yet."""

    mailing_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message in a mailing's list; ``attempts`` counts the calls to the provider."""

    standing: Standing
    attempts: int


@dataclass(frozen=True, slots=True)
class MessageStory:
    """One message, all its calls, by dispatch, attempt and time, and the receipt that counts."""

    standing: Standing
    calls: Sequence[Call]
    receipt: Receipt | None = None


class Page(Protocol):
    """The books of some mailings, open in one transaction that nobody else writes to meanwhile."""

    @property
    def closed(self) -> Collection[int]:
        """Those of them that stay as they are; nothing of theirs may be written."""
        ...

    async def standings(self, message_ids: Collection[int]) -> Mapping[int, Standing]:
        """Those of these messages that are known."""
        ...

    async def enter(self, change: Change, calls: Sequence[Call]) -> None:
        """Writes the change and the history of calls; a call already in it stays as it is."""
        ...

    async def plan(self, planned: WavesPlanned) -> None:
        """A wave changes only to a higher seq."""
        ...

    async def forget(self, forgotten: MessagesForgotten) -> None:
        """Takes messages of which no sender has told out of the books."""
        ...

    async def close(self, mailing_id: int, now: datetime) -> None:
        """From now on they stay as they are."""
        ...

    async def emitted(self, emitted: MailingEmitted) -> None:
        """Keeps the highest revision, and the greatest numbers within one."""
        ...

    async def receipts(self, message_ids: Collection[int]) -> Mapping[int, Receipt]:
        """Those that are kept of these messages."""
        ...

    async def put_receipts(self, receipts: Sequence[Receipt], now: datetime) -> None:
        """In place of those that weigh less; one of each message."""
        ...

    async def add_up(self) -> Sequence[Due]:
        """Brings the totals up to date, last of all; which of these mailings are at their end."""
        ...


class Books(Protocol):
    def open(self, mailing_ids: Collection[int]) -> AbstractAsyncContextManager[Page]:
        """Committed at the end of the block, or not at all when it raises.

        NO_MAILING among the ids: messages of trials are written, too. They are in nobody's books.
        """
        ...

    async def mailings_of(self, message_ids: Collection[int]) -> Collection[int]:
        """The mailings of those messages that are known."""
        ...

    async def waiting(self, after: int, limit: int) -> tuple[Sequence[Receipt], int | None]:
        """Looks at the next receipts that wait, by their messages' ids: those that would count now,
        and behind which to go on; None: there are no more."""
        ...

    async def due(self) -> Sequence[Due]:
        """Among all mailings."""
        ...

    async def mark_finished(self, due: Due, at: datetime) -> None: ...

    async def finished_at(self, mailing_id: int, revision: int) -> datetime | None:
        """When this revision was announced to have finished; None when it was not."""
        ...


class Reports(Protocol):
    async def mailing(self, mailing_id: int) -> MailingBook:
        """Empty when nothing is known of the mailing."""
        ...

    async def zones(self, mailing_id: int) -> Sequence[ZoneBook]:
        """By the time they open; one consistent moment."""
        ...

    async def sent_by_second(self, mailing_id: int, since: datetime) -> Mapping[int, int]: ...

    async def messages(
        self, mailing_id: int, status: Status | None, after: int, limit: int
    ) -> Sequence[MessageLine]:
        """By id, from the first greater than ``after``."""
        ...

    async def message(self, message_id: int) -> MessageStory | None:
        """None when nothing is known of the message. Trials are told of like any other."""
        ...

    async def mailings(self, mailing_ids: Collection[int]) -> Sequence[MailingBook]:
        """In the order asked for."""
        ...

    async def everything(self) -> ByStatus:
        """The books of all mailings together."""
        ...


class DeadLetters(Protocol):
    """Messages that are failed or unknown now, whoever ended them. Trials are not among them."""

    async def groups(self, wanted: Wanted, after: Cause | None, limit: int) -> Sequence[Group]:
        """By ``place``, from the first behind ``after``. Their sample is their last message."""
        ...

    async def letters(self, wanted: Wanted | Cause, after: int, limit: int) -> Sequence[DeadLetter]:
        """By id, from the first greater than ``after``."""
        ...

    async def named(self, message_ids: Collection[int]) -> Sequence[DeadLetter]:
        """Those of these messages that are failed or unknown, by id."""
        ...


@dataclass(frozen=True, slots=True)
class Overdue:
    """Of mailings that have not finished: messages that are with the senders although their zone's
    last opening has closed, and mailings in which every opening has."""

    messages: int
    mailings: int


class Upkeep(Protocol):
    async def forget_receipts(self, heard_before: datetime) -> int:
        """Those that wait still; how many there were."""
        ...

    async def forget_pace(self, before: datetime) -> None: ...

    async def overdue(self, closed_before: datetime) -> Overdue: ...

    async def out_of_balance(self, finished_since: datetime) -> Sequence[int]:
        """Mailings, unfinished or finished since, whose rollup is not what its messages count."""
        ...


class Retention(Protocol):
    """What goes of mailings that ended long ago. Numbers stay as they are."""

    async def closed(self) -> int | None:
        """A mailing that is closed and has messages still."""
        ...

    async def forget_messages(self, mailing_id: int, limit: int) -> bool:
        """So many, with their calls; whether there are more."""
        ...

    async def ended_before(self, moment: datetime) -> int | None:
        """A mailing that did, whose calls are still kept; the first to end before the others."""
        ...

    async def forget_calls(self, mailing_id: int, after: int, limit: int) -> int | None:
        """Of so many messages by id, from the first greater than ``after``, as far as they were
        accepted; the last id that was looked at, None behind the last."""
        ...

    async def calls_forgotten(self, mailing_id: int, now: datetime) -> None: ...


class Announcer(Protocol):
    async def finished(self, message: MailingFinished) -> None:
        """Returns when the broker has confirmed it. Raises ConnectionError when it did not."""
        ...


class Meters(Protocol):
    def batch(self, change: Change, seconds: float) -> None: ...

    def receipts(self, settled: Settled) -> None: ...

    def receipts_forgotten(self, receipts: int) -> None: ...

    def out_of_balance(self, mailings: int) -> None: ...

    def overdue(self, found: Overdue) -> None: ...
