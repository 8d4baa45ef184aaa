"""The books, and messages with their proof."""

from datetime import datetime

from carillon.models.base import Instant, Model, Page, Words
from carillon.models.mailings import MailingState


class Status(Words):
    """Where a message stands; the first four are open, the others are ends."""

    WAITING = "waiting"
    PLANNED = "planned"
    QUEUED = "queued"
    RETRYING = "retrying"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class ZoneStatistics(Model):
    timezone: str
    opens_at: Instant | None
    closes_at: Instant | None
    rest: Status | None
    reason: str | None
    audience: int
    by_status: dict[Status, int]


class MailingStatistics(Model):
    """``audience`` is the sum of ``by_status``, at every moment."""

    mailing_id: int
    state: MailingState
    audience: int
    by_status: dict[Status, int]
    in_flight: int
    first_sent_at: Instant | None
    last_sent_at: Instant | None
    rate_per_second: float
    by_zone: list[ZoneStatistics]


class CountedMailing(Model):
    mailing_id: int
    name: str | None
    state: MailingState
    audience: int
    by_status: dict[Status, int]
    first_sent_at: Instant | None
    last_sent_at: Instant | None


class Total(Model):
    audience: int
    by_status: dict[Status, int]


class AllStatistics(Page[CountedMailing]):
    """``total`` is over all mailings, not only those of the page."""

    total: Total


class Message(Model):
    """``phone`` and ``name`` are None when the client has been deleted."""

    id: int
    client_id: int
    phone: str | None
    name: str | None
    timezone: str
    status: Status
    reason: str | None
    detail: str | None
    dispatch: int
    attempts: int
    sent_at: Instant | None
    updated_at: Instant
    next_attempt_at: Instant | None


class Opening(Model):
    """The hours in which a call was allowed."""

    timezone: str
    opens_at: Instant
    closes_at: Instant
    opens_at_local: datetime
    closes_at_local: datetime
    tzdata: str


class Attempt(Model):
    """One call to the provider, or the message's return to the plan without one."""

    dispatch: int
    attempt: int
    outcome: str
    started_at: Instant | None
    answered_at: Instant
    started_at_local: datetime | None
    utc_offset: str | None
    in_window: bool | None
    latency_ms: int | None
    http_status: int | None
    reason: str | None
    detail: str | None
    text_sha256: str | None
    text_revision: int | None
    window: Opening | None


class ReceiptStatus(Words):
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


class Receipt(Model):
    """What the provider has heard of the message that it had accepted."""

    status: ReceiptStatus
    at: Instant
    reason: str | None
    provider: str


class Proof(Model):
    """What happened to one message, call by call, in UTC and by the client's clock."""

    id: int
    mailing_id: int
    mailing_name: str | None
    test: bool
    client_id: int | None
    phone: str | None
    name: str | None
    timezone: str
    status: Status
    reason: str | None
    detail: str | None
    dispatch: int
    sent_at: Instant | None
    updated_at: Instant
    next_attempt_at: Instant | None
    receipt: Receipt | None = None
    template: str | None
    attempts: list[Attempt]


class Verdict(Words):
    SENT = "sent"
    IN_PROGRESS = "in_progress"
    WILL_BE_SENT = "will_be_sent"
    NOT_SENT = "not_sent"
    WILL_NOT_BE_SENT = "will_not_be_sent"
    UNKNOWN = "unknown"


class Check(Model):
    """One thing that was looked at; ``passed`` is None when it does not apply."""

    check: str
    passed: bool | None
    detail: str


class Explanation(Model):
    """Why a client got a mailing, will get it, or does not."""

    client_id: int
    mailing_id: int
    verdict: Verdict
    status: Status | None
    reason: str | None
    explanation: str
    expected_at: Instant | None
    timezone: str | None
    opens_at: Instant | None
    closes_at: Instant | None
    opens_at_local: datetime | None
    closes_at_local: datetime | None
    message_id: int | None
    checks: list[Check]
