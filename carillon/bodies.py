"""What methods take as named arguments: what is left out is not sent, and None is sent as null."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypedDict

from carillon.models.clients import BulkAction, BulkState, ImportState
from carillon.models.dead_letters import DeadStatus
from carillon.models.mailings import Audience, Day, Priority, Timing
from carillon.models.users import Role
from carillon.models.webhooks import EventType

# Members of enumerations may also be given as their words.
AnyTiming = Timing | Literal["absolute", "local"]
AnyAudience = Audience | Literal["live", "frozen"]
AnyPriority = Priority | Literal["urgent", "normal", "bulk"]
AnyDay = Day | Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
AnyRole = Role | Literal["admin", "manager", "viewer"]
AnyImportState = ImportState | Literal["running", "done", "failed"]
AnyBulkAction = BulkAction | Literal["tag", "untag", "delete"]
AnyBulkState = BulkState | Literal["running", "done", "failed"]
AnyDelimiter = Literal["comma", "semicolon", "tab"]
AnyDeadStatus = DeadStatus | Literal["failed", "unknown"]

Attributes = Mapping[str, str | int | float | bool | None]


class _SomeOfClient(TypedDict, total=False):
    guess_timezone: bool
    operator_code: str | None
    tags: Sequence[str]
    email: str | None
    name: str | None
    attributes: Attributes


class ClientFields(_SomeOfClient):
    """``timezone``: a name of the tz database, or an offset such as UTC+3. Left out, it is guessed
    from the number with ``guess_timezone``, and needed without."""

    phone: str
    timezone: NotRequired[str | None]


class ClientChanges(_SomeOfClient, total=False):
    phone: str
    timezone: str


class BlockFields(TypedDict):
    client_id: int
    reason: NotRequired[str | None]


class FilterFields(TypedDict, total=False):
    tags: Sequence[str] | None
    operator_codes: Sequence[str] | None


class BulkFilterFields(TypedDict, total=False):
    tags: Sequence[str] | None
    operator_codes: Sequence[str] | None
    timezones: Sequence[str] | None
    phones: Sequence[str] | None


class BulkFields(TypedDict):
    """``tags`` are given or taken; whom it is about is the ``filter``, or ``all``."""

    action: AnyBulkAction
    tags: NotRequired[Sequence[str]]
    filter: NotRequired[BulkFilterFields | None]
    all: NotRequired[bool]
    dry_run: NotRequired[bool]


_Hours = TypedDict("_Hours", {"from": str, "to": str})


class WindowFields(_Hours, total=False):
    """Local hours, such as ``{"from": "10:00", "to": "20:00"}``."""

    days: Sequence[AnyDay] | None


class _SomeOfMailing(TypedDict, total=False):
    timing: AnyTiming
    window: WindowFields | None
    filter: FilterFields | None
    channel: str
    name: str | None
    department_id: int | None
    audience: AnyAudience
    max_lateness: int | None
    holidays: Sequence[date | str]
    priority: AnyPriority
    rate_per_second: float | None


class MailingFields(_SomeOfMailing):
    """Times have an offset when timing is absolute, and none when it is local."""

    text: str
    starts_at: datetime | str
    ends_at: datetime | str


class NewMailingFields(MailingFields, total=False):
    draft: bool


class MailingChanges(_SomeOfMailing, total=False):
    text: str
    starts_at: datetime | str
    ends_at: datetime | str


class _SomeOfUser(TypedDict, total=False):
    role: AnyRole
    may_launch: bool
    departments: Sequence[int]


class UserFields(_SomeOfUser):
    email: str
    password: str


class InvitationFields(_SomeOfUser):
    email: str
    valid_days: NotRequired[int]


class UserChanges(_SomeOfUser, total=False):
    closed: bool


class _SomeOfWebhook(TypedDict, total=False):
    department_id: int | None
    mailing_id: int | None


class WebhookFields(_SomeOfWebhook):
    """``department_id`` and ``mailing_id``: of these alone."""

    name: str
    url: str
    events: Sequence[EventType | str]


class WebhookChanges(_SomeOfWebhook, total=False):
    name: str
    url: str
    events: Sequence[EventType | str]
    enabled: bool


class ReplayChoice(TypedDict, total=False):
    """Exactly one of ``message_ids``, ``group``, ``mailing_id``, ``parked``; ``ends_at`` is a
    deadline of their own; with ``dry_run`` nothing is done."""

    message_ids: Sequence[int]
    group: str
    mailing_id: int
    status: AnyDeadStatus
    parked: Sequence[int]
    ends_at: datetime | str
    dry_run: bool


def given(**fields: Any) -> dict[str, Any]:
    """Without those that are None, where null would say something else than nothing."""
    return {name: value for name, value in fields.items() if value is not None}
