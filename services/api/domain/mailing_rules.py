"""What a mailing may say, beyond the types of its single fields."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from services.api.domain.failures import FieldFault, Invalid
from shared.contracts.mailings import MailingSpec, WindowSpec
from shared.contracts.topology import CHANNELS
from shared.domain.local_time import BadWindow, Window
from shared.domain.templates import template

LONGEST_TEXT = 4_000
MOST_HOLIDAYS = 366
MOST_IN_FILTER = 1_000
# Between these every instant can be shown in every zone.
YEARS = range(2000, 2200)
# The last zone in which a local end comes is twelve hours behind UTC.
LAST_ZONE = timedelta(hours=12)

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}(:?\d{2})?)?", re.ASCII
)


def text(value: str) -> str:
    """A text, or a template that every client with the values it names can get."""
    if not value.strip():
        raise ValueError("The text must not be empty.")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"The text has more than {LONGEST_TEXT} characters.")
    if _UNPRINTABLE.search(value):
        raise ValueError("The text contains control characters.")
    return template(value).text


def moment(value: object) -> datetime:
    """An ISO 8601 date and time, with an offset or without; which one is right comes later."""
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        raise ValueError("This must be a date and time in ISO 8601, such as 2027-03-01T10:00:00Z.")
    try:
        parsed = datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise ValueError(f"There is no such date and time: {error}.") from None
    if parsed.year not in YEARS:
        raise ValueError(f"The year must lie between {YEARS.start} and {YEARS.stop - 1}.")
    return parsed


def channel(value: str) -> str:
    if value not in CHANNELS:
        raise ValueError(f"Unknown channel; known: {', '.join(CHANNELS)}.")
    return value


def day(value: object) -> date:
    if not isinstance(value, str) or re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) is None:
        raise ValueError("A holiday is a date, YYYY-MM-DD.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("There is no such date.") from None


def choices(values: list[str]) -> list[str]:
    """The values of a filter, each once."""
    if not values:
        raise ValueError("An empty list matches nobody; use null for everybody.")
    if len(values) > MOST_IN_FILTER:
        raise ValueError(f"A filter has at most {MOST_IN_FILTER} values.")
    return list(dict.fromkeys(values))


def checked(spec: MailingSpec) -> MailingSpec:
    """The mailing with its instants in UTC. Raises Invalid with every fault there is."""
    faults = [*_timing_faults(spec), *_window_faults(spec.window)]
    if not faults and spec.ends_at <= spec.starts_at:
        faults.append(FieldFault("ends_at", "The end must be later than the start."))
    if faults:
        raise Invalid(*faults)
    if spec.timing == "local":
        return spec
    in_utc = {"starts_at": _utc(spec.starts_at), "ends_at": _utc(spec.ends_at)}
    return spec.model_copy(update=in_utc)


def check_end(spec: MailingSpec, now: datetime) -> None:
    """A mailing that is over everywhere is not launched. Raises Invalid."""
    if is_over(spec, now):
        raise Invalid(FieldFault("ends_at", "The end has passed already."))


def is_over(spec: MailingSpec, now: datetime) -> bool:
    """Whether its end has passed in every zone."""
    local = spec.timing == "local"
    return (spec.ends_at.replace(tzinfo=UTC) + LAST_ZONE if local else spec.ends_at) <= now


def _timing_faults(spec: MailingSpec) -> Iterator[FieldFault]:
    for field, value in (("starts_at", spec.starts_at), ("ends_at", spec.ends_at)):
        if spec.timing == "absolute" and value.tzinfo is None:
            reason = "With absolute timing an offset is needed, such as Z or +03:00."
            yield FieldFault(field, reason)
        if spec.timing == "local" and value.tzinfo is not None:
            reason = "With local timing this is wall-clock time: it must not have an offset."
            yield FieldFault(field, reason)


def _window_faults(window: WindowSpec | None) -> Iterator[FieldFault]:
    if window is None:
        return
    try:
        Window.parse(window.from_, window.to, window.days)
    except BadWindow as bad:
        yield FieldFault(f"window.{bad.field}", str(bad))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
