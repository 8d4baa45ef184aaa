"""Users and what shows that somebody is one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class User:
    id: int
    email: str
    password_hash: str
    role: Role
    created_at: datetime


class TokenUse(StrEnum):
    """An access token opens the API; a refresh token only gets new tokens."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int  # seconds
