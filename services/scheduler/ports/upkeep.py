"""What stands still, and what was lost on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.scheduler.domain.retold import Row
from services.scheduler.domain.unheard import Unheard
from shared.contracts.directory import ClientsChanged
from shared.contracts.mailings import MailingChanged


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


class Said(Protocol):
    """Texts of calls whose answer was lost."""

    async def forget(self, before: datetime, limit: int) -> int:
        """Of messages of finished mailings that last came back before then, and do not wait to be
        sent again; how many there were, ``limit`` at most."""
        ...


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
