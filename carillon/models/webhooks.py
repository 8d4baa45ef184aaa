"""Webhooks, and what they were told."""

from pydantic import Field

from carillon.models.base import Instant, Model, Words


class EventType(Words):
    MAILING_CREATED = "mailing.created"
    MAILING_CHANGED = "mailing.changed"
    MAILING_SCHEDULED = "mailing.scheduled"
    MAILING_RUNNING = "mailing.running"
    MAILING_PAUSED = "mailing.paused"
    MAILING_FINISHED = "mailing.finished"
    MAILING_CANCELLED = "mailing.cancelled"
    MAILING_DELETED = "mailing.deleted"
    MESSAGE_SENT = "message.sent"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_UNKNOWN = "message.unknown"
    MESSAGE_EXPIRED = "message.expired"
    MESSAGE_SUPPRESSED = "message.suppressed"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_UNDELIVERED = "message.undelivered"


class Because(Words):
    """Why nothing is sent."""

    TURNED_OFF = "turned_off"
    FAILING = "failing"
    GONE = "gone"
    SECRET_LOST = "secret_lost"  # noqa: S105


class DeliveryState(Words):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Trouble(Words):
    """Why the receiver does not have it."""

    NOT_FOUND = "name_not_found"
    NOT_ALLOWED = "address_not_allowed"
    NOT_CONNECTED = "connection_failed"
    NOT_TRUSTED = "tls_failed"
    BROKEN = "connection_broken"
    TOO_SLOW = "timed_out"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    DISABLED = "webhook_disabled"


class Webhook(Model):
    """``failing_since``: nothing was taken since; ``old_secret_until``: so long both sign."""

    id: int
    name: str
    url: str
    events: list[EventType]
    department_id: int | None
    mailing_id: int | None
    enabled: bool
    disabled_at: Instant | None
    disabled_because: Because | None
    failing_since: Instant | None
    old_secret_until: Instant | None
    created_at: Instant
    updated_at: Instant


class MadeWebhook(Webhook):
    """``secret``: what signs; it is told this once."""

    secret: str = Field(repr=False)


class Delivery(Model):
    """One request. ``attempts``: since the last replay; ``error``: why the receiver does not have
    it."""

    id: int
    state: DeliveryState
    types: list[str]
    events: int
    created_at: Instant
    attempts: int
    replays: int
    last_attempt_at: Instant | None
    status_code: int | None
    error: Trouble | None
    latency_ms: int | None
    next_attempt_at: Instant | None
    ended_at: Instant | None
