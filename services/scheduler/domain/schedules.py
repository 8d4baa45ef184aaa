"""From a mailing as launched to the schedule that local time is reckoned by."""

from datetime import timedelta
from functools import lru_cache

from shared.contracts.mailings import MailingSpec, WindowSpec
from shared.domain.local_time import Schedule, Timing, Window
from shared.domain.zones import UnknownZone, zone_info


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


def _window(spec: WindowSpec | None) -> Window | None:
    return None if spec is None else Window.parse(spec.from_, spec.to, spec.days)
