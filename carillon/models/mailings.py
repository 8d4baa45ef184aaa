"""Mailings."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, WithJsonSchema

from carillon.models.base import Instant, Model, Words

# As the API's document says it: an instant, or what clocks show in each zone.
_EITHER = [{"format": "date-time"}, {"format": "date-time-local"}]
Timed = Annotated[datetime, WithJsonSchema({"type": "string", "anyOf": _EITHER})]


class MailingState(Words):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class MailingSort(Words):
    OLDEST = "id"
    NEWEST = "-id"
    MADE = "created_at"
    MADE_LAST = "-created_at"
    CHANGED = "updated_at"
    CHANGED_LAST = "-updated_at"


class Timing(Words):
    ABSOLUTE = "absolute"
    LOCAL = "local"


class Audience(Words):
    LIVE = "live"
    FROZEN = "frozen"


class Priority(Words):
    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


class Day(Words):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Window(Model):
    """Local hours, half-open; a later ``from_`` than ``to`` runs past midnight."""

    from_: str = Field(alias="from")
    to: str
    days: list[Day] | None


class Filter(Model):
    """Tags match any of; both given, both must match; both None, everybody."""

    tags: list[str] | None
    operator_codes: list[str] | None


class Spec(Model):
    """``starts_at`` and ``ends_at`` are wall-clock times without a zone when timing is local."""

    text: str
    starts_at: Timed
    ends_at: Timed
    timing: Timing
    window: Window | None
    filter: Filter
    channel: str
    department_id: int | None
    audience: Audience
    max_lateness: int | None
    holidays: list[date]
    priority: Priority
    rate_per_second: float | None


class Mailing(Spec):
    id: int
    name: str | None
    state: MailingState
    revision: int
    created_at: Instant
    updated_at: Instant
    launched_at: Instant | None
    started_at: Instant | None
    finished_at: Instant | None
    deleted_at: Instant | None
    forgotten_at: Instant | None


class Stopped(Mailing):
    """``stop_confirmed``: no call starts later than a second from now. ``in_flight``: calls under
    way, if anybody can tell."""

    stop_confirmed: bool
    in_flight: int | None


class Revision(Spec):
    """What a mailing was, from then on until the next one."""

    revision: int
    state: MailingState
    changed_at: Instant
    changed_by: int | None


class Encoding(Words):
    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


class Trial(Model):
    """A test message; ``parts``: the SMS it takes."""

    message_id: int
    phone: str
    text: str
    encoding: Encoding
    parts: int


class Trials(Model):
    messages: list[Trial]
