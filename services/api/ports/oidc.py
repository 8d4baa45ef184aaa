"""An OpenID provider, and what is kept of log-ins there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.api.domain.oidc import Begun, Registered, Way
from services.api.domain.standing import Rules


@dataclass(frozen=True, slots=True)
class Vouched:
    """``claims`` of an ID token whose signature is good; nothing else of it was looked at."""

    claims: Mapping[str, Any]
    access_token: str


class Provider(Protocol):
    async def authorization_endpoint(self) -> str:
        """Where browsers are sent. Raises Unavailable."""
        ...

    async def redeem(self, code: str, verifier: str) -> Vouched:
        """Raises Unauthorized, Unavailable."""
        ...

    async def about(self, access_token: str) -> Mapping[str, Any]:
        """What else the provider tells; nothing where it has no place for that. Raises
        Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class OpenId:
    """``pages``: those at which a log-in may end; the first when none is named."""

    provider: Provider
    us: Registered
    rules: Rules
    pages: tuple[str, ...] = ()


class OpenIdLogins(Protocol):
    """Log-ins at the provider that are under way, and whose account is whose there."""

    async def begin(self, state: bytes, begun: Begun, until: datetime) -> None: ...

    async def take(self, state: bytes, now: datetime) -> Begun | None:
        """Once; None when there is none of this digest, or it is over."""
        ...

    async def put_code(self, code: bytes, user_id: int, way: Way, until: datetime) -> None: ...

    async def take_code(self, code: bytes, now: datetime) -> tuple[int, Way] | None:
        """Whose it is, once."""
        ...

    async def user_of(self, issuer: str, subject: str) -> int | None: ...

    async def link(self, issuer: str, subject: str, user_id: int, now: datetime) -> None: ...

    async def forget_what_is_over(self, now: datetime) -> None: ...
