"""Long-lived tokens, for programs: each may do a part of what its user may."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.api.domain.failures import Conflict, FieldFault, Invalid
from services.api.domain.rights import Right

MOST_API_TOKENS = 100
LONGEST_LIFE = timedelta(days=3660)
# So long an expired one is still listed, so that its owner sees why a program was refused.
SHOWN_AFTER_EXPIRY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewApiToken:
    """``expires_at``: None for one that is good until it is revoked."""

    name: str
    scopes: frozenset[Right]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """``last_used_at``: to the minute."""

    id: int
    user_id: int
    name: str
    scopes: frozenset[Right]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def check_api_token(
    new: NewApiToken, rights: Collection[Right], has_already: int, now: datetime
) -> None:
    """Whether somebody with these rights may have this one too. A scope beyond the rights would do
    nothing, which is a mistake worth telling. Raises Invalid, Conflict."""
    beyond = sorted(new.scopes.difference(rights))
    if beyond:
        reason = f"You do not have the right {', '.join(beyond)} yourself."
        raise Invalid(FieldFault("scopes", reason))
    if new.expires_at is not None and new.expires_at <= now:
        raise Invalid(FieldFault("expires_at", "This is over already."))
    if new.expires_at is not None and new.expires_at > now + LONGEST_LIFE:
        raise Invalid(FieldFault("expires_at", "This is more than ten years from now."))
    if has_already >= MOST_API_TOKENS:
        raise Conflict(f"Nobody has more than {MOST_API_TOKENS} tokens: revoke one first.")
