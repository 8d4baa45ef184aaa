"""Users, departments, log-ins, and what was done by whom."""

from pydantic import Field, JsonValue

from carillon.models.base import Instant, Model, Words


class Role(Words):
    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


class Right(Words):
    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    MAILINGS_READ = "mailings:read"
    MAILINGS_WRITE = "mailings:write"
    MAILINGS_LAUNCH = "mailings:launch"
    STATISTICS_READ = "statistics:read"
    DEAD_LETTERS_READ = "dead-letters:read"
    DEAD_LETTERS_WRITE = "dead-letters:write"
    USERS_WRITE = "users:write"
    AUDIT_READ = "audit:read"
    WEBHOOKS_WRITE = "webhooks:write"


class Action(Words):
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
    CHANGE_PASSWORD = "users.change_password"  # noqa: S105
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


class IssuedTokens(Model):
    """``expires_in``: seconds for which the access token is good."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: str
    expires_in: int


class User(Model):
    id: int
    email: str
    role: Role
    may_launch: bool
    departments: list[int]
    closed: bool
    rights: list[Right]
    created_at: Instant


class ResetAsked(Model):
    good_for_seconds: int


class Session(Model):
    """A log-in. ``current``: the one of this request."""

    id: int
    address: str | None
    created_at: Instant
    refreshed_at: Instant | None
    expires_at: Instant
    current: bool


class ApiToken(Model):
    """``last_used_at``: to the minute."""

    id: int
    name: str
    scopes: list[Right]
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None


class MadeApiToken(ApiToken):
    """``token``: the secret, which is told this once."""

    token: str = Field(repr=False)


class Invitation(Model):
    """``invited_by``: None when that user exists no more."""

    id: int
    email: str
    role: Role
    may_launch: bool
    departments: list[int]
    invited_by: int | None
    created_at: Instant
    expires_at: Instant


class MadeInvitation(Invitation):
    """``token``: to register with; it is told this once. ``mailed``: it is on its way, too."""

    token: str = Field(repr=False)
    mailed: bool


class Department(Model):
    id: int
    name: str
    created_at: Instant


class UserNamed(Model):
    """``email`` is None when the user exists no more."""

    id: int
    email: str | None


class AuditEntry(Model):
    """Who did what, when and from where."""

    id: int
    at: Instant
    user: UserNamed | None
    address: str | None
    action: str
    subject: str
    facts: dict[str, JsonValue]
    request_id: str | None
    token_id: int | None
