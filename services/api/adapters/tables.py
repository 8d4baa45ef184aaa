"""The tables, as queries name them. Migrations make them; they say why each is as it is."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

_metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True)


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


USER = Table(
    "user",
    _metadata,
    _id(),
    Column("email", Text),
    Column("password_hash", Text),
    Column("role", Text),
    Column("may_launch", Boolean),
    _moment("created_at"),
    _moment("closed_at"),
)

DEPARTMENT = Table("department", _metadata, _id(), Column("name", Text), _moment("created_at"))

USER_DEPARTMENT = Table(
    "user_department",
    _metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("department_id", BigInteger, primary_key=True),
)

SESSION = Table(
    "session",
    _metadata,
    _id(),
    Column("user_id", BigInteger),
    Column("turn", Integer),
    Column("address", Text),
    _moment("created_at"),
    _moment("expires_at"),
    _moment("ended_at"),
    Column("ended_by", Text),
    _moment("refreshed_at"),
)

KEY = Table(
    "api_token",
    _metadata,
    _id(),
    Column("user_id", BigInteger),
    Column("name", Text),
    Column("digest", LargeBinary),
    Column("scopes", ARRAY(Text)),
    _moment("created_at"),
    _moment("expires_at"),
    _moment("last_used_at"),
)

INVITATION = Table(
    "invitation",
    _metadata,
    _id(),
    Column("email", Text),
    Column("role", Text),
    Column("may_launch", Boolean),
    Column("departments", ARRAY(BigInteger)),
    Column("invited_by", BigInteger),
    _moment("created_at"),
    _moment("expires_at"),
)

INVITATION_TOKEN = Table(
    "invitation_token",
    _metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("invitation_id", BigInteger),
)

MAIL = Table(
    "mail",
    _metadata,
    _id(),
    Column("kind", Text),
    Column("email", Text),
    Column("invitation_id", BigInteger),
    Column("language", Text),
    _moment("created_at"),
    _moment("due_at"),
    Column("tries", Integer),
    _moment("expires_at"),
)

RESET = Table(
    "password_reset",
    _metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", BigInteger),
    _moment("created_at"),
    _moment("expires_at"),
)

OIDC_ACCOUNT = Table(
    "oidc_account",
    _metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", BigInteger),
    _moment("linked_at"),
)

OIDC_LOGIN = Table(
    "oidc_login",
    _metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("page", Text),
    Column("challenge", Text),
    Column("state", Text),
    _moment("expires_at"),
)

OIDC_CODE = Table(
    "oidc_code",
    _metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", BigInteger),
    Column("page", Text),
    Column("challenge", Text),
    _moment("expires_at"),
)

CLIENT = Table(
    "client",
    _metadata,
    _id(),
    Column("revision", BigInteger),
    Column("phone", Text),
    Column("operator_code", Text),
    Column("timezone", Text),
    Column("tags", ARRAY(Text)),
    Column("email", Text),
    Column("name", Text),
    Column("attributes", JSONB),
    _moment("created_at"),
    _moment("updated_at"),
    _moment("deleted_at"),
    Column("timezone_guessed", Boolean),
)

BLOCK = Table(
    "block",
    _metadata,
    _id(),
    Column("client_id", BigInteger),
    Column("source", Text),
    Column("reason", Text),
    Column("created_by", BigInteger),
    _moment("created_at"),
)

TAG = Table("tag", _metadata, Column("name", Text, primary_key=True), _moment("created_at"))

MAILING = Table(
    "mailing",
    _metadata,
    _id(),
    Column("name", Text),
    Column("state", Text),
    Column("revision", BigInteger),
    Column("spec", JSONB),
    Column("department_id", BigInteger),  # the one of spec, where a list can look for it
    _moment("created_at"),
    _moment("updated_at"),
    _moment("launched_at"),
    _moment("started_at"),
    _moment("finished_at"),
    _moment("deleted_at"),
    _moment("forgotten_at"),
)

MAILING_REVISION = Table(
    "mailing_revision",
    _metadata,
    Column("mailing_id", BigInteger, primary_key=True),
    Column("revision", BigInteger, primary_key=True),
    Column("state", Text),
    Column("spec", JSONB),
    _moment("changed_at"),
    Column("changed_by", BigInteger),
)

TRIAL = Table(
    "trial",
    _metadata,
    _id(),
    Column("mailing_id", BigInteger),
    Column("revision", BigInteger),
    Column("client_id", BigInteger),
    Column("phone", Text),
    _moment("requested_at"),
    Column("requested_by", BigInteger),
)

IMPORT = Table(
    "import",
    _metadata,
    _id(),
    Column("state", Text),
    Column("format", Text),
    Column("chunk_bytes", Integer),
    Column("chunks", Integer),
    Column("position", BigInteger),
    Column("rows_read", BigInteger),
    Column("rows_rejected", BigInteger),
    Column("errors", JSONB),
    _moment("created_at"),
    _moment("touched_at"),
    _moment("finished_at"),
    Column("options", JSONB),
    Column("added", BigInteger),
    Column("changed", BigInteger),
)

IMPORT_ERRORS = Table(
    "import_errors",
    _metadata,
    _id(),
    Column("import_id", BigInteger),
    Column("errors", JSONB),
)

IMPORT_CHUNK = Table(
    "import_chunk",
    _metadata,
    Column("import_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary),
)

BULK = Table(
    "bulk",
    _metadata,
    _id(),
    Column("state", Text),
    Column("action", Text),
    Column("tags", ARRAY(Text)),
    Column("whom", JSONB),
    Column("phones", Integer),
    Column("dry_run", Boolean),
    Column("position", BigInteger),
    Column("last_id", BigInteger),
    Column("matched", BigInteger),
    Column("changed", BigInteger),
    Column("refused", BigInteger),
    _moment("created_at"),
    _moment("finished_at"),
)

OUTBOX = Table(
    "outbox",
    _metadata,
    _id(),
    Column("urgent", Boolean),
    Column("exchange", Text),
    Column("routing_key", Text),
    Column("body", LargeBinary),
    _moment("created_at"),
    Column("put_back", Boolean),
)

AUDIT = Table(
    "audit",
    _metadata,
    _id(),
    _moment("at"),
    Column("user_id", BigInteger),
    Column("address", Text),
    Column("action", Text),
    Column("subject", Text),
    Column("facts", JSONB),
    Column("request_id", Text),
    Column("token_id", BigInteger),
)

REQUEST_KEY = Table(
    "request_key",
    _metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("head", LargeBinary),
    Column("body", LargeBinary),
    Column("holder", LargeBinary),
    _moment("held_until"),
    _moment("taken_at"),
    _moment("done_at"),
    Column("status", SmallInteger),
    Column("headers", JSONB(none_as_null=True)),
    Column("answer", LargeBinary),
    Column("about", Text),
)

PARKED = Table(
    "parked",
    _metadata,
    _id(),
    Column("digest", LargeBinary),
    Column("queue", Text),
    Column("exchange", Text),
    Column("routing_key", Text),
    Column("why", Text),
    Column("bytes", Integer),
    Column("body", LargeBinary),
    Column("times", Integer),
    Column("state", Text),
    _moment("parked_at"),
    _moment("replayed_at"),
)

WEBHOOK = Table(
    "webhook",
    _metadata,
    _id(),
    Column("name", Text),
    Column("url", Text),
    Column("events", ARRAY(Text)),
    Column("department_id", BigInteger),
    Column("mailing_id", BigInteger),
    Column("secret", LargeBinary),
    Column("old_secret", LargeBinary),
    _moment("old_secret_until"),
    _moment("created_at"),
    _moment("updated_at"),
    _moment("disabled_at"),
    Column("disabled_because", Text),
    Column("failures", Integer),
    _moment("failing_since"),
    _moment("rests_until"),
)

WEBHOOK_EVENT = Table(
    "webhook_event",
    _metadata,
    _id(),
    Column("webhook_id", BigInteger),
    _moment("created_at"),
    Column("events", Integer),
    Column("types", ARRAY(Text)),
    Column("body", Text),
)

WEBHOOK_DELIVERY = Table(
    "webhook_delivery",
    _metadata,
    _id(),
    Column("webhook_id", BigInteger),
    Column("state", Text),
    Column("types", ARRAY(Text)),
    Column("events", Integer),
    Column("body", LargeBinary),
    _moment("created_at"),
    _moment("give_up_at"),
    _moment("due_at"),
    _moment("leased_until"),
    Column("attempts", Integer),
    Column("replays", Integer),
    _moment("tried_at"),
    Column("status", Integer),
    Column("trouble", Text),
    Column("latency_ms", Integer),
    _moment("ended_at"),
)
