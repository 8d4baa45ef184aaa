"""The JSON of statistics. It is passed on as the stats service gives it; this documents it."""

from pydantic import BaseModel

from services.api.domain.mailings import MailingState
from services.api.entrypoints.http.common import Instant
from shared.contracts.statuses import Status


class ZoneStatistics(BaseModel):
    timezone: str
    opens_at: Instant | None
    closes_at: Instant | None
    rest: Status | None
    reason: str | None
    audience: int
    by_status: dict[Status, int]


class MailingStatistics(BaseModel):
    """`audience` is the sum of `by_status`, at every moment."""

    mailing_id: int
    state: MailingState
    audience: int
    by_status: dict[Status, int]
    in_flight: int
    first_sent_at: Instant | None
    last_sent_at: Instant | None
    rate_per_second: float
    by_zone: list[ZoneStatistics]


class MessageView(BaseModel):
    """`phone` and `name` are null when the client has been deleted."""

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


class CountedMailing(BaseModel):
    mailing_id: int
    name: str | None
    state: MailingState
    audience: int
    by_status: dict[Status, int]
    first_sent_at: Instant | None
    last_sent_at: Instant | None


class Total(BaseModel):
    audience: int
    by_status: dict[Status, int]


class AllStatistics(BaseModel):
    """`total` is over all mailings, not only those of the page."""

    items: list[CountedMailing]
    total: Total
    next_cursor: str | None
