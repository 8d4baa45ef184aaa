"""Mailings, and what was tried of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.api.domain.callers import Scope
from services.api.domain.mailings import Mailing, MailingFilter, NewMailing, Revision
from services.api.domain.paging import Order, Place
from services.api.domain.trials import TrialRecord
from shared.contracts.mailings import MailingChanged


class Mailings(Protocol):
    async def get(self, mailing_id: int, *, lock: bool = False) -> Mailing | None: ...

    async def page(
        self, wanted: MailingFilter, order: Order, behind: Place | None, limit: int
    ) -> list[Mailing]:
        """Without the deleted ones."""
        ...

    async def ids(self, scope: Scope) -> list[int]:
        """All that the scope includes, deleted ones too, by id."""
        ...

    async def names(self, ids: Collection[int], scope: Scope) -> Mapping[int, str | None]:
        """Of those of them that the scope includes."""
        ...

    async def departments(self, ids: Collection[int]) -> Mapping[int, int | None]:
        """Of which department each of them is."""
        ...

    async def add(self, mailing: NewMailing) -> Mailing: ...

    async def save(self, mailing: Mailing) -> None: ...

    async def started(self, mailing_id: int, at: datetime, *, now: datetime) -> None:
        """It began ``at``, if it had not before; scheduled becomes running."""
        ...

    async def finished(
        self, mailing_id: int, revision: int, at: datetime, *, now: datetime
    ) -> None:
        """Scheduled or running at this revision becomes finished; anything else stays."""
        ...

    async def finished_before(self, moment: datetime, limit: int) -> list[Mailing]:
        """Locked for a change. Those that are forgotten are not among them, nor those that somebody
        else holds."""
        ...

    async def launched(self, after: int, limit: int) -> list[MailingChanged]:
        """Launched, not finished, by id."""
        ...

    async def past(self, after: int, limit: int) -> list[MailingChanged]:
        """Finished and not forgotten, by id."""
        ...


class Revisions(Protocol):
    """Every revision of every mailing, drafts too."""

    async def keep(self, revision: Revision) -> None:
        """In place of what was kept under this number: a launch changes the state alone."""
        ...

    async def get(self, mailing_id: int, revision: int) -> Revision | None: ...

    async def page(self, mailing_id: int, before: int, limit: int) -> list[Revision]:
        """Newest first."""
        ...


class Trials(Protocol):
    async def add(self, trials: Sequence[TrialRecord]) -> None: ...

    async def get(self, message_id: int) -> TrialRecord | None: ...

    async def to_phone(self, phone: str) -> list[TrialRecord]:
        """By id."""
        ...

    async def forget_phones_before(self, moment: datetime, limit: int) -> int:
        """Of trials asked for before then; how many there were, ``limit`` at most."""
        ...
