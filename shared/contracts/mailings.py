"""Events about mailings: the whole mailing each time, the revision decides."""

from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.base import Message, Part

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class WindowSpec(Part):
    """Local hours of contact, half-open; ``from_`` later than ``to`` runs past midnight."""

    from_: str = Field(alias="from", serialization_alias="from")
    to: str
    days: tuple[Day, ...] | None = None


class FilterSpec(Part):
    """Who: tags match any of; both given, both must match; both null, everybody."""

    tags: tuple[str, ...] | None = None
    operator_codes: tuple[str, ...] | None = None


class MailingSpec(Part):
    """What to say, to whom, when. Times are naive wall clock when ``timing`` is local."""

    text: str
    starts_at: datetime
    ends_at: datetime
    timing: Literal["absolute", "local"] = "absolute"
    window: WindowSpec | None = None
    filter: FilterSpec = FilterSpec()
    channel: str = "sms"
    audience: Literal["live", "frozen"] = "live"
    max_lateness: int | None = None  # minutes
    holidays: tuple[date, ...] = ()
    priority: Literal["urgent", "normal", "bulk"] = "normal"
    rate_per_second: float | None = None
    department_id: int | None = None


class MailingChanged(Message):
    """A launched mailing is now so. Drafts never leave the api."""

    routing_key: ClassVar[str] = "mailing.changed"

    mailing_id: int
    revision: int
    state: Literal["scheduled", "paused", "cancelled"]
    changed_at: AwareDatetime
    spec: MailingSpec


class MailingForgotten(Message):
    """What became of each message of this mailing, which has finished, is kept no longer.

    A gate that stays closed goes before it, so nothing of it that might still turn up is called.
    """

    routing_key: ClassVar[str] = "mailing.forgotten"

    mailing_id: int
