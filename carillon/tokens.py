"""The tokens of a session, and who keeps them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

# An access token that is good for less may be over before the request has arrived.
_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Tokens:
    """``refresh_token`` is None with an API token, which nobody renews, and good once otherwise."""

    access_token: str
    refresh_token: str | None = None
    expires_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it had better be renewed before it is used."""
        if self.refresh_token is None or self.expires_at is None:
            return False
        return now > self.expires_at - _MARGIN

    def __repr__(self) -> str:
        return f"Tokens(expires_at={self.expires_at!r})"


class Keeper(Protocol):
    """Where tokens are. Several processes may share them: who renews holds it meanwhile."""

    def load(self) -> Tokens | None: ...

    def save(self, tokens: Tokens | None) -> None:
        """None: there are none any more."""

    def held(self) -> AbstractContextManager[None]:
        """Nobody else renews within. May wait, and may be entered in another thread than left."""


class MemoryKeeper:
    """For one process."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

    def load(self) -> Tokens | None:
        return self._tokens

    def save(self, tokens: Tokens | None) -> None:
        self._tokens = tokens

    @contextmanager
    def held(self) -> Iterator[None]:
        yield
