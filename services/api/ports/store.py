"""The database, one transaction at a time."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from services.api.domain.audit import AuditFilter, Deed, Entry
from services.api.domain.callers import Caller
from services.api.domain.clients import Profile
from services.api.domain.parked import Letter, Parked, Place
from services.api.ports.directory import Blocks, Bulks, Clients, Imports, Tags
from services.api.ports.holds import Keys
from services.api.ports.mail import Mails, Resets
from services.api.ports.mailings import Mailings, Revisions, Trials
from services.api.ports.oidc import OpenIdLogins
from services.api.ports.people import ApiTokens, Departments, Invitations, Logins, Sessions, Users
from services.api.ports.webhooks import HookEvents, HookLog, Webhooks
from shared.contracts.base import Message

Task = TypeVar("Task", covariant=True)


class Outbox(Protocol):
    async def put(self, message: Message, *, wake: bool = True) -> None:
        """``wake`` tells the relay at once; without it the relay finds the message by itself."""
        ...

    async def put_back(self, place: Place, body: bytes) -> None:
        """A message of others, as it was."""
        ...

    async def clients_position(self) -> int:
        """The position of the last event about clients that was put; 0 when there was none."""
        ...


class Audit(Protocol):
    async def note(self, deed: Deed, who: Caller | None, now: datetime) -> None:
        """``who`` is None when it came about by itself, such as the end of an import."""
        ...

    async def note_all(self, deeds: Sequence[Deed], who: Caller | None, now: datetime) -> None:
        """The same for each of them."""
        ...

    async def page(self, wanted: AuditFilter, before: int, limit: int) -> list[Entry]:
        """Newest first."""
        ...


class ParkedMessages(Protocol):
    async def put(self, letter: Letter, now: datetime) -> int:
        """Puts it by, if it is not there already; its id."""
        ...

    async def page(self, queue: str | None, before: int, limit: int) -> list[Parked]:
        """Newest first, also those that were put back."""
        ...

    async def those(self, ids: Collection[int]) -> Mapping[int, Parked]:
        """Locked for a change."""
        ...

    async def forget(self, parked_id: int) -> None: ...

    async def forget_about(self, profile: Profile) -> list[int]:
        """Those whose bodies name this client's phone or address, for good; their ids."""
        ...

    async def forget_put_back_before(self, moment: datetime, limit: int) -> int:
        """How many there were, ``limit`` at most. What is still parked waits for a person."""
        ...

    async def take_out(self, ids: Collection[int], now: datetime) -> Mapping[int, bytes]:
        """The bodies, which are no longer kept."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """The whole database as one transaction sees it."""

    users: Users
    departments: Departments
    invitations: Invitations
    mails: Mails
    resets: Resets
    logins: Logins
    oidc: OpenIdLogins
    sessions: Sessions
    api_tokens: ApiTokens
    clients: Clients
    blocks: Blocks
    tags: Tags
    mailings: Mailings
    revisions: Revisions
    trials: Trials
    imports: Imports
    bulks: Bulks
    outbox: Outbox
    audit: Audit
    parked: ParkedMessages
    webhooks: Webhooks
    hook_events: HookEvents
    hook_log: HookLog
    keys: Keys


class Transactions(Protocol):
    def begin(self, *, part: bool = False) -> AbstractAsyncContextManager[Store]:
        """Committed at the end of the block, rolled back when it raises.

        ``part``: what the request is to do is not done by this; if it is broken off behind it, it
        may be done again. Any other transaction marks the key of the request as done.

        Raises TimeoutError when it lasts longer than a request may wait, InProgress when another
        request has the key by then.
        """
        ...

    def reading(self) -> AbstractAsyncContextManager[Store]:
        """To look only: each statement sees what is committed when it begins, as it would in a
        transaction, without the two round trips that one costs. Raises as ``begin``."""
        ...


class Job(Protocol, Generic[Task]):
    """Something that takes long, and that nobody else works on as long as we hold it."""

    @property
    def task(self) -> Task: ...

    def begin(self) -> AbstractAsyncContextManager[Store]:
        """A transaction that fails when the hold on the job is lost."""
        ...


class JobQueue(Protocol, Generic[Task]):
    def claim(self) -> AbstractAsyncContextManager[Job[Task] | None]:
        """Takes the oldest job to be done that nobody works on; None when there is none."""
        ...

    async def wait(self) -> None:
        """Returns when there may be something to claim."""
        ...

    def wake(self) -> None: ...
