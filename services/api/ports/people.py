"""Users, and how they show who they are."""

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from services.api.domain.api_tokens import ApiToken, NewApiToken
from services.api.domain.departments import Department
from services.api.domain.invitations import Invitation, NewInvitation
from services.api.domain.logins import Door, Knock
from services.api.domain.sessions import End, Session
from services.api.domain.users import Claims, NewUser, Tokens, TokenUse, User, UserFilter


class Users(Protocol):
    async def by_email(self, email: str) -> User | None: ...

    async def by_id(self, user_id: int, *, lock: bool = False) -> User | None: ...

    async def page(self, wanted: UserFilter, after: int, limit: int) -> list[User]:
        """By id."""
        ...

    async def add(self, new: NewUser, now: datetime) -> User | None:
        """None when somebody has this address already; they stay as they are."""
        ...

    async def save(self, user: User) -> None:
        """All but the address."""
        ...

    async def remove(self, user_id: int) -> None:
        """With their departments, sessions and API tokens."""
        ...

    async def open_admins(self) -> int:
        """How many administrators may log in; they stay locked to the transaction's end."""
        ...

    async def are_none(self, *, lock: bool = False) -> bool:
        """Whether nobody has an account. ``lock``: two who find that take turns, so that the
        second finds the first."""
        ...


class Invitations(Protocol):
    async def page(self, after: int, limit: int) -> list[Invitation]:
        """By id."""
        ...

    async def get(self, invitation_id: int) -> Invitation | None: ...

    async def by_digest(self, digest: bytes, *, lock: bool = False) -> Invitation | None: ...

    async def add(self, new: NewInvitation, by: int, now: datetime) -> Invitation: ...

    async def open_with(self, invitation_id: int, digest: bytes) -> None:
        """Another token of it is good too."""
        ...

    async def remove(self, invitation_id: int) -> Invitation | None:
        """With its tokens; what it was, None when there was none."""
        ...

    async def forget_what_is_over(self, before: datetime) -> None:
        """Those that expired before this instant."""
        ...


class Departments(Protocol):
    async def page(self, after: int, limit: int) -> list[Department]:
        """By id."""
        ...

    async def get(self, department_id: int, *, lock: bool = False) -> Department | None: ...

    async def missing(self, ids: Collection[int]) -> list[int]:
        """Those of the ids that are of no department; the others stay to the transaction's end."""
        ...

    async def add(self, name: str, now: datetime) -> Department | None:
        """None when there is one of this name, whatever its case."""
        ...

    async def rename(self, department_id: int, name: str) -> bool:
        """False when there is another of this name."""
        ...

    async def is_used(self, department_id: int) -> bool:
        """Whether a user, an invitation, a mailing or a webhook is of it."""
        ...

    async def remove(self, department_id: int) -> None: ...


class Sessions(Protocol):
    async def begin(
        self, user_id: int, address: str, until: datetime, now: datetime
    ) -> Session: ...

    async def get(self, session_id: int, *, lock: bool = False) -> Session | None: ...

    async def user_of(self, session_id: int, now: datetime) -> User | None:
        """None unless the session is alive and its user's account open."""
        ...

    async def alive(self, user_id: int, now: datetime, after: int, limit: int) -> list[Session]:
        """Those of a user that have not ended, by id."""
        ...

    async def save(self, session: Session) -> None:
        """Its turn, when it was refreshed, and until when it lives."""
        ...

    async def end(self, session_id: int, why: End, now: datetime) -> None: ...

    async def end_all(
        self, user_id: int, why: End, now: datetime, *, but: int | None = None
    ) -> int:
        """How many it ended."""
        ...

    async def forget_what_is_over(self, before: datetime) -> None:
        """Sessions that would have expired before this instant by themselves."""
        ...


class ApiTokens(Protocol):
    async def by_digest(self, digest: bytes) -> tuple[ApiToken, User] | None:
        """None when there is none, or its user's account is closed."""
        ...

    async def page(self, user_id: int, after: int, limit: int) -> list[ApiToken]:
        """Those of a user, by id."""
        ...

    async def count(self, user_id: int) -> int: ...

    async def add(
        self, user_id: int, new: NewApiToken, digest: bytes, now: datetime
    ) -> ApiToken: ...

    async def remove(self, user_id: int, key_id: int) -> ApiToken | None:
        """What it was; None when the user has no such token."""
        ...

    async def remove_all(self, user_id: int) -> None: ...

    async def mark_used(self, uses: Mapping[int, datetime]) -> None: ...

    async def forget_what_is_over(self, before: datetime) -> None:
        """Those that expired before this instant."""
        ...


class TokenUses(Protocol):
    """When API tokens were used, by id, until it is written down."""

    def note(self, key_id: int, now: datetime) -> None: ...

    def noted(self) -> Mapping[int, datetime]: ...

    def forget(self, written: Mapping[int, datetime]) -> None:
        """But what came after."""
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
    @property
    def session_ttl(self) -> timedelta:
        """For how long a session lives when nobody refreshes it."""
        ...

    def issue(self, session: Session) -> Tokens: ...

    def read(self, token: str, use: TokenUse) -> Claims:
        """Raises Unauthorized, saying what is wrong with the token."""
        ...
