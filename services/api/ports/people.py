"""Users, and how they show who they are."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from services.api.domain.logins import Door, Knock
from services.api.domain.users import Tokens, TokenUse, User


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
