"""Who did what, when and from where: written with the deed, in one transaction, and kept."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# Values of a fact: numbers and our own words, never anything about a client.
Fact = str | int | float | bool | None | list[int] | list[str] | dict[str, "Fact"]


class Action(StrEnum):
    ADD_CLIENT = "clients.add"
    CHANGE_CLIENT = "clients.change"
    DELETE_CLIENT = "clients.delete"
    ERASE_CLIENT = "clients.erase"
    BLOCK_CLIENT = "clients.block"
    LIFT_BLOCK = "clients.lift_block"
    ADD_TAG = "tags.add"
    DELETE_TAG = "tags.delete"
    START_IMPORT = "imports.start"
    END_IMPORT = "imports.end"
    START_BULK = "bulk.start"
    END_BULK = "bulk.end"
    ADD_MAILING = "mailings.add"
    CLONE_MAILING = "mailings.clone"
    CHANGE_MAILING = "mailings.change"
    LAUNCH = "mailings.launch"
    PAUSE = "mailings.pause"
    RESUME = "mailings.resume"
    CANCEL = "mailings.cancel"
    DELETE_MAILING = "mailings.delete"
    TEST_SEND = "mailings.test_send"
    FORGET_MAILING = "mailings.forget"
    LOG_IN = "sessions.begin"
    LOG_OUT = "sessions.end"
    REFRESH_REUSED = "sessions.refresh_reused"
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
    LINK_USER = "users.link"
    ADD_INVITATION = "invitations.add"
    REVOKE_INVITATION = "invitations.revoke"
    ADD_API_TOKEN = "api_tokens.add"  # noqa: S105
    REVOKE_API_TOKEN = "api_tokens.revoke"  # noqa: S105
    ADD_DEPARTMENT = "departments.add"
    CHANGE_DEPARTMENT = "departments.change"
    REMOVE_DEPARTMENT = "departments.remove"
    ADD_WEBHOOK = "webhooks.add"
    CHANGE_WEBHOOK = "webhooks.change"
    REMOVE_WEBHOOK = "webhooks.remove"
    ROTATE_WEBHOOK_SECRET = "webhooks.rotate_secret"  # noqa: S105
    TEST_WEBHOOK = "webhooks.test"
    REPLAY_DELIVERY = "webhooks.replay"
    DISABLE_WEBHOOK = "webhooks.disable"


@dataclass(frozen=True, slots=True)
class Deed:
    """``subject``: what it was done to, such as ``mailings/7``."""

    action: Action
    subject: str
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Entries at ``since`` or later, before ``until``; what is None matches all."""

    user_id: int | None = None
    action: Action | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


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
