"""Log-ins: each is a session that lives on by refresh tokens, every one of which is good once.

A refresh token carries the session's turn. The one of this turn makes the next; one of an earlier
turn has been used already, so two have the same token, and one of them is a thief: the session ends
for both. Access tokens are good as long as their session is.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class End(StrEnum):
    """Why a session ended before its time."""

    LOGOUT = "logout"
    REUSE = "reuse"
    PASSWORD = "password"  # noqa: S105 - it was changed
    USER = "user"  # the account was closed
    ELSEWHERE = "elsewhere"  # the user ended it from another session


@dataclass(frozen=True, slots=True)
class Session:
    """``turn``: how often it was refreshed; ``address``: where it began, empty: not known."""

    id: int
    user_id: int
    turn: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    address: str = ""
    refreshed_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Stolen:
    """The token was used before."""


def refreshed(session: Session, turn: int, until: datetime, now: datetime) -> Session | Stolen:
    """The living session at its next turn, good until ``until``."""
    if turn != session.turn:
        return Stolen()
    return replace(session, turn=turn + 1, expires_at=until, refreshed_at=now)
