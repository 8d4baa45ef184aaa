"""What the handlers need of the world. A Store lives within one transaction."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.api.domain.audit import Actor, Deed, Entry
from services.api.domain.choices import Many
from services.api.domain.clients import Client, ClientFilter, Profile, Tombstone
from services.api.domain.dead_letters import Dead
from services.api.domain.explain_facts import PlanStanding
from services.api.domain.imports.batches import RowError
from services.api.domain.imports.progress import Import, ImportFormat, ImportTask
from services.api.domain.logins import Door, Knock, LoginLimits
from services.api.domain.mailings import Mailing, MailingState, NewMailing, Revision
from services.api.domain.outbox import OutboxRow
from services.api.domain.parked import Letter, Parked, Place
from services.api.domain.tags import Tag
from services.api.domain.trials import TrialRecord
from services.api.domain.users import Tokens, TokenUse, User
from shared.contracts.base import Message
from shared.contracts.directory import ClientsChanged
from shared.contracts.mailings import MailingChanged, MailingSpec
from shared.domain.message_id import MessageIds
from shared.runtime.clock import Clock


class Users(Protocol):
    async def by_email(self, email: str) -> User | None: ...

    async def by_id(self, user_id: int) -> User | None: ...

    async def add_admin(self, email: str, password_hash: str, now: datetime) -> bool:
        """False when somebody has this address already; they stay as they are."""
        ...


class Logins(Protocol):
    """Tries to log in, counted at each door."""

    async def knock(self, knock: Knock, now: datetime) -> Mapping[Door, datetime]:
        """Until when each door is busy. They stay locked to others to the transaction's end."""
        ...

    async def is_known(self, knock: Knock, now: datetime) -> bool:
        """Whether the account's owner has logged in from this address."""
        ...

    async def count(self, knock: Knock, busy: Mapping[Door, datetime]) -> None: ...

    async def take_back(self, knock: Knock, pauses: Mapping[Door, timedelta]) -> None:
        """A counted try was none: each door is free again earlier by its pause."""
        ...

    async def remember(self, knock: Knock, until: datetime) -> None:
        """The account's owner was at this address."""
        ...

    async def forget_what_is_over(self, now: datetime) -> None: ...


class Clients(Protocol):
    async def get(self, client_id: int, *, lock: bool = False) -> Client | None: ...

    async def page(self, wanted: ClientFilter, after: int, limit: int) -> list[Client]: ...

    async def with_phone(self, phone: str) -> int | None: ...

    async def with_phones(self, phones: Collection[str]) -> dict[str, Client]: ...

    async def with_tag(self, tag: str, limit: int) -> list[Client]:
        """Locked for a change."""
        ...

    async def add(self, profiles: Sequence[Profile], now: datetime) -> list[Client]:
        """All of them. Raises Overtaken when a phone belongs to a client meanwhile."""
        ...

    async def change(self, clients: Sequence[Client]) -> None:
        """Raises Overtaken when one is not at the revision before, or a phone is taken."""
        ...

    async def bury(self, tombstone: Tombstone, now: datetime) -> None:
        """Everything personal is wiped; id and revision stay."""
        ...

    async def contacts(self, ids: Collection[int]) -> Mapping[int, tuple[str, str | None]]:
        """Phone and name of those who live, by id."""
        ...

    async def states(self, after: int, limit: int) -> ClientsChanged:
        """Living and deleted, by id."""
        ...


class Overtaken(Exception):
    """Somebody else wrote the same clients in between; read again and decide again."""


class Tags(Protocol):
    async def page(self, after: str, limit: int) -> list[Tag]: ...

    async def get(self, name: str) -> Tag | None: ...

    async def clients_with(self, name: str) -> int: ...

    async def ensure(self, names: Collection[str], now: datetime) -> None: ...

    async def add(self, name: str, now: datetime) -> Tag | None:
        """None when there is one already."""
        ...

    async def forget(self, name: str) -> None: ...


class Mailings(Protocol):
    async def get(self, mailing_id: int, *, lock: bool = False) -> Mailing | None: ...

    async def page(self, state: MailingState | None, before: int, limit: int) -> list[Mailing]:
        """Newest first, without the deleted ones."""
        ...

    async def names(self, ids: Collection[int]) -> Mapping[int, str | None]: ...

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

    async def launched(self, after: int, limit: int) -> list[MailingChanged]:
        """Launched, not finished, by id."""
        ...

    async def past(self, after: int, limit: int) -> list[MailingChanged]:
        """Finished, by id."""
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


class Imports(Protocol):
    async def open(self, format_: ImportFormat, chunk_bytes: int, now: datetime) -> int: ...

    async def add_chunk(self, import_id: int, number: int, body: bytes, now: datetime) -> None: ...

    async def start(self, import_id: int, chunks: int) -> None: ...

    async def abandon(self, import_id: int) -> None: ...

    async def abandon_untouched_since(self, moment: datetime) -> int:
        """Uploads that nobody goes on with; how many there were."""
        ...

    async def get(self, import_id: int) -> Import | None: ...

    async def chunk(self, import_id: int, number: int) -> bytes: ...

    async def advance(
        self, import_id: int, *, end: int, read: int, rejected: int, errors: Sequence[RowError]
    ) -> None:
        """Books a batch: its rows are counted and ``end`` is where the next one begins."""
        ...

    async def finish(self, import_id: int, error: RowError | None, now: datetime) -> None:
        """Done, or failed with an error. The file is no longer kept."""
        ...


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
    async def note(self, deed: Deed, actor: Actor, now: datetime) -> None: ...

    async def page(self, before: int, limit: int) -> list[Entry]:
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

    async def take_out(self, ids: Collection[int], now: datetime) -> Mapping[int, bytes]:
        """The bodies, which are no longer kept."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """The whole database as one transaction sees it."""

    users: Users
    logins: Logins
    clients: Clients
    tags: Tags
    mailings: Mailings
    revisions: Revisions
    trials: Trials
    imports: Imports
    outbox: Outbox
    audit: Audit
    parked: ParkedMessages


class Transactions(Protocol):
    def begin(self) -> AbstractAsyncContextManager[Store]:
        """Committed at the end of the block, rolled back when it raises.

        Raises TimeoutError when it lasts longer than a request may wait.
        """
        ...


class ImportJob(Protocol):
    """An import that nobody else works on as long as we hold it."""

    @property
    def task(self) -> ImportTask: ...

    def begin(self) -> AbstractAsyncContextManager[Store]:
        """A transaction that fails when the hold on the import is lost."""
        ...


class ImportQueue(Protocol):
    def claim(self) -> AbstractAsyncContextManager[ImportJob | None]:
        """Takes the oldest running import that nobody works on; None when there is none."""
        ...

    async def wait(self) -> None:
        """Returns when there may be something to claim."""
        ...

    def wake(self) -> None: ...


class Passwords(Protocol):
    async def hash(self, password: str) -> str: ...

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Takes the same time when there is no hash to compare with."""
        ...


class Turns(Protocol):
    def of(self, key: bytes) -> AbstractAsyncContextManager[None]:
        """The block is entered by one at a time for each key."""
        ...


class TokenMint(Protocol):
    def issue(self, user: User) -> Tokens: ...

    def read(self, token: str, use: TokenUse) -> int:
        """The id of the user. Raises Unauthorized, saying what is wrong with the token."""
        ...


class Statistics(Protocol):
    """The stats service. Each raises Unavailable when it does not answer as it should."""

    async def of_mailing(self, mailing_id: int) -> dict[str, Any]: ...

    async def messages(
        self, mailing_id: int, status: str | None, limit: int, cursor: str | None
    ) -> dict[str, Any]: ...

    async def of_mailings(self, mailing_ids: Sequence[int]) -> dict[str, Any]: ...

    async def message(self, message_id: int) -> dict[str, Any] | None:
        """With all its attempts; None when nothing was heard of it."""
        ...


class DeadLetters(Protocol):
    """What stats knows of messages that ended failed or unknown. Each raises Unavailable when it
    does not answer as it should."""

    async def groups(
        self,
        mailing_id: int | None,
        status: str | None,
        reason: str | None,
        limit: int,
        cursor: str | None,
    ) -> dict[str, Any]:
        """A page of groups, as stats tells of them. Raises Invalid for a foreign cursor."""
        ...

    async def these(self, ids: Sequence[int]) -> list[Dead]:
        """Those of them that are failed or unknown now."""
        ...

    async def chosen(self, chosen: Many, after: int, limit: int) -> tuple[list[Dead], int | None]:
        """By id, behind ``after``; and behind which the next ones come, if any do."""
        ...


class Plans(Protocol):
    """The scheduler. Each raises Unavailable when it does not answer as it should."""

    async def preview(
        self, spec: MailingSpec, client_id: int | None, position: int
    ) -> dict[str, Any]:
        """``position``: of the last event about clients; the answer says whether it counts it.
        Raises Invalid, naming what it finds fault with."""
        ...

    async def of_mailing(
        self, mailing_id: int, client_id: int | None, position: int
    ) -> dict[str, Any] | None:
        """None when it has not heard of the mailing. Raises Invalid."""
        ...

    async def standing(self, mailing_id: int, client_id: int) -> PlanStanding | None:
        """How the plan stands to a client; None when it has not heard of the mailing."""
        ...


class Gates(Protocol):
    async def have_left(self, limit: float) -> bool:
        """Whether the broker has every gate that is in the outbox now, ``limit`` seconds later at
        the latest. What cannot be found out is not so."""
        ...


class OutboxLane(Protocol):
    """One of the two lanes of the outbox, as the relay sees it."""

    async def due(self) -> list[OutboxRow]:
        """The oldest rows, a batch of them."""
        ...

    async def forget(self, ids: Sequence[int]) -> None: ...

    async def wait(self) -> None:
        """Returns when there may be something due."""
        ...


class EventPublisher(Protocol):
    async def publish(self, exchange: str, key: str, body: bytes) -> None:
        """Returns when the broker has it. Raises ConnectionError."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a request may need."""

    transactions: Transactions
    imports: ImportQueue
    passwords: Passwords
    tokens: TokenMint
    login_limits: LoginLimits
    login_turns: Turns
    statistics: Statistics
    dead_letters: DeadLetters
    plans: Plans
    gates: Gates
    message_ids: MessageIds
    clock: Clock
