"""From a mailing as launched to the schedule that local time is reckoned by."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache

from shared.contracts.mailings import MailingChanged, MailingSpec, WindowSpec
from shared.domain.local_time import Schedule, Timing, Window
from shared.domain.zones import UnknownZone, zone_info

# Where a wall clock shows an hour last.
_LAST_TO_END = timezone(timedelta(hours=-12))


@lru_cache(maxsize=1024)
def schedule_of(spec: MailingSpec) -> Schedule:
    lateness = spec.max_lateness
    return Schedule(
        starts_at=spec.starts_at,
        ends_at=spec.ends_at,
        timing=Timing(spec.timing),
        window=_window(spec.window),
        holidays=frozenset(spec.holidays),
        max_lateness=None if lateness is None else timedelta(minutes=lateness),
    )


def is_known_zone(zone: str) -> bool:
    """Whether the tz database has it. One that it lost since the client came must stop nobody
    else, and has no local hours."""
    try:
        zone_info(zone)
    except UnknownZone:
        return False
    return True


def is_over(mailing: MailingChanged, now: datetime) -> bool:
    """Whether nobody, anywhere, will be sent this any more."""
    if mailing.state == "cancelled":
        return True
    ends_at = mailing.spec.ends_at
    return now >= (ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=_LAST_TO_END))


def _window(spec: WindowSpec | None) -> Window | None:
    return None if spec is None else Window.parse(spec.from_, spec.to, spec.days)
