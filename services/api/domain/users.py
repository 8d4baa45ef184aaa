"""Users, and what shows that somebody is one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.api.domain.failures import Conflict, FieldFault


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class NewUser:
    """``password_hash``: None for whoever logs in by other means, or not yet."""

    email: str
    password_hash: str | None
    role: Role
    may_launch: bool = False
    departments: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class User:
    """``closed_at``: since when they may not log in."""

    id: int
    email: str
    password_hash: str | None
    role: Role
    created_at: datetime
    may_launch: bool = False
    departments: frozenset[int] = frozenset()
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UserFilter:
    email: str | None = None
    role: Role | None = None
    department_id: int | None = None


class TokenUse(StrEnum):
    """An access token opens the API; a refresh token only gets new tokens."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. ``turn``: that of its session when it was made (refresh tokens only)."""

    user_id: int
    session_id: int
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int  # seconds


def is_open_admin(user: User) -> bool:
    return user.role is Role.ADMIN and user.closed_at is None


def check_administered(before: User, after: User | None, open_admins: int) -> None:
    """Somebody must be left who can let others in. ``after``: None when the user goes;
    ``open_admins``: how many there are, before. Raises Conflict."""
    stays = after is not None and is_open_admin(after)
    if is_open_admin(before) and not stays and open_admins <= 1:
        reason = "This is the only administrator: make another one first."
        raise Conflict(reason, (FieldFault("role", reason),))
