"""Who did what, when and from where: written with the deed, in one transaction, and kept."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# Values of a fact: numbers and our own words, never anything about a client.
Fact = str | int | float | bool | None | list[int] | list[str] | dict[str, "Fact"]


class Action(StrEnum):
    REPLAY = "dead_letters.replay"
    RESOLVE = "dead_letters.resolve"
    REPLAY_PARKED = "dead_letters.replay_parked"
    DROP_PARKED = "dead_letters.drop_parked"
    ADD_USER = "users.add"
    CHANGE_USER = "users.change"
    REMOVE_USER = "users.remove"
    CHANGE_PASSWORD = "users.change_password"  # noqa: S105 - the name of a deed
    END_SESSIONS = "users.end_sessions"
    REGISTER = "users.register"
    ADD_INVITATION = "invitations.add"
    REVOKE_INVITATION = "invitations.revoke"
    ADD_API_TOKEN = "api_tokens.add"  # noqa: S105
    REVOKE_API_TOKEN = "api_tokens.revoke"  # noqa: S105
    ADD_DEPARTMENT = "departments.add"
    CHANGE_DEPARTMENT = "departments.change"
    REMOVE_DEPARTMENT = "departments.remove"


@dataclass(frozen=True, slots=True)
class Deed:
    """``subject``: what it was done to, such as ``mailings/7``."""

    action: Action
    subject: str
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """``email``: the user's; None when they are gone. ``request_id``: by which the logs tell of
    the request that it was; ``token_id``: the API token that it came with."""

    id: int
    at: datetime
    user_id: int | None
    email: str | None
    address: str
    action: str
    subject: str
    facts: dict[str, Fact]
    request_id: str | None = None
    token_id: int | None = None
