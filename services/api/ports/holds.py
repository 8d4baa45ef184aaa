"""Keys of requests that are to be done once, and the one that is being done now."""

from collections.abc import Collection
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol

from services.api.domain.clients import Profile
from services.api.domain.once import Answer, Asked, Hold, Record

# Of the request that is being answered. Every transaction of it that is no mere part of the deed
# marks the key, so that no handler has to think of it.
HOLD: ContextVar[Hold | None] = ContextVar("hold", default=None)


class Keys(Protocol):
    async def take(self, hold: Hold, asked: Asked, until: datetime, now: datetime) -> Record | None:
        """None: nobody had it, and it is held. Else what is known, locked to the end."""
        ...

    async def take_over(self, hold: Hold, asked: Asked, until: datetime, now: datetime) -> None:
        """As if nobody had ever had it."""
        ...

    async def prolong(self, hold: Hold, until: datetime) -> None: ...

    async def mark(self, hold: Hold) -> None:
        """It is done, if this transaction is. Raises InProgress when somebody else has the key."""
        ...

    async def keep(
        self, hold: Hold, body: bytes | None, answer: Answer | None, about: str | None
    ) -> None:
        """It is answered, and no longer held."""
        ...

    async def let_go(self, hold: Hold) -> None:
        """There is no answer. What was not done may be done by whoever comes next."""
        ...

    async def forget_answers_about(self, about: Collection[str]) -> None: ...

    async def forget_answers_naming(self, profile: Profile) -> None:
        """Those that say this client's phone, address or name, whatever they are about."""
        ...

    async def forget_before(self, moment: datetime) -> None: ...
