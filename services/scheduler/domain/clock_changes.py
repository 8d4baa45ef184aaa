"""What a change of a zone's clock does to an opening there, in words a person can check.

The window is compared with itself *on the wall*: the hours it would have if the wall showed every
minute exactly once. A gap takes ``[low, high)`` out of them, a fold gives it twice, and which part
of the window that meets is the whole answer:

``shorter``     some of the window is in the gap
``skipped``     all of it is, so that there is no opening that day
``longer``      the whole repeated time is in the window
``cut_in_two``  a part of the repeated time is, so the window closes and opens again
``twice``       the window lies within the repeated time, so it opens twice
``shifted``     the change comes before the opening, which is that much earlier or later by UTC

An opening that goes from instant to instant, whatever the wall shows, is untouched.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain.local_time import Opening, Schedule, Timing, is_open, next_opening
from shared.domain.offsets import DAY, EPOCH, SECOND, stretch_at
from shared.domain.zones import zone_info

# Of an opening of many days, an hour more or less at its far end is nothing to tell.
_LOOKS_AHEAD = 15 * DAY


class Effect(StrEnum):
    CUT_IN_TWO = "cut_in_two"
    TWICE = "twice"
    SHORTER = "shorter"
    LONGER = "longer"
    SKIPPED = "skipped"
    SHIFTED = "shifted"


@dataclass(frozen=True, slots=True)
class Jump:
    """At the instant ``at`` a clock goes from UTC + ``before`` to UTC + ``after``.

    Walls are written as if they were UTC, here and below.
    """

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def low(self) -> datetime:
        """The wall from which time is skipped or repeated."""
        return self.at + min(self.before, self.after)

    @property
    def high(self) -> datetime:
        return self.at + max(self.before, self.after)

    @property
    def forward(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class ClockChange:
    """``hours`` is the window on the wall that it is about; ``met`` how long it is met for."""

    jump: Jump
    effect: Effect
    hours: Opening
    met: timedelta


def clock_change(
    schedule: Schedule, zone: str, opening: Opening | None, now: datetime
) -> ClockChange | None:
    """The first change that does anything to the opening; with no opening, one that took it away.

    Raises UnknownZone.
    """
    since = max(now, _first_instant(schedule))
    if opening is None:
        found = _skips(schedule, zone, since, since + _LOOKS_AHEAD)
        return next(found, None)
    return (
        next(_meets(schedule, zone, opening), None)
        or next(_skips(schedule, zone, since, opening.opens_at), None)
        or next(_shifts(schedule, zone, opening), None)
    )


def jumps(zone: str, since: datetime, until: datetime) -> Iterator[Jump]:
    """The changes of a zone's clock in ``[since, until]``, in order."""
    stretch = stretch_at(zone, since - SECOND - EPOCH)
    while EPOCH + stretch.until <= until:
        following = stretch_at(zone, stretch.until)
        if following.offset != stretch.offset:
            yield Jump(EPOCH + stretch.until, stretch.offset, following.offset)
        stretch = following


def _meets(schedule: Schedule, zone: str, opening: Opening) -> Iterator[ClockChange]:
    """Changes that touch the hours of the opening itself."""
    absolute = schedule.timing is Timing.ABSOLUTE
    if absolute and opening == Opening(schedule.starts_at, schedule.ends_at):
        return
    hours = _hours(schedule, zone, _wall(opening.opens_at, zone))
    until = min(opening.closes_at, opening.opens_at + _LOOKS_AHEAD) + DAY
    for jump in jumps(zone, opening.opens_at - DAY, until):
        met = _common(hours, jump) if hours else timedelta()
        if hours and met > timedelta():
            effect = Effect.SHORTER if jump.forward else _of_fold(hours, jump)
            if jump.forward or effect is Effect.LONGER or _both_open(schedule, zone, hours, jump):
                yield ClockChange(jump, effect, hours, met)


def _skips(
    schedule: Schedule, zone: str, since: datetime, until: datetime
) -> Iterator[ClockChange]:
    """Changes that leave nothing of a window."""
    for jump in jumps(zone, since, until):
        hours = _hours(schedule, zone, jump.low) if jump.forward else None
        if hours and jump.low <= hours.opens_at and hours.closes_at <= jump.high:
            yield ClockChange(jump, Effect.SKIPPED, hours, hours.closes_at - hours.opens_at)


def _shifts(schedule: Schedule, zone: str, opening: Opening) -> Iterator[ClockChange]:
    """Changes since the same hour of the day before."""
    if schedule.timing is Timing.ABSOLUTE and opening.opens_at == schedule.starts_at:
        return
    hours = _hours(schedule, zone, _wall(opening.opens_at, zone))
    for jump in jumps(zone, opening.opens_at - DAY, opening.opens_at):
        if hours:
            yield ClockChange(jump, Effect.SHIFTED, hours, jump.high - jump.low)


def _of_fold(hours: Opening, jump: Jump) -> Effect:
    from_before, to_after = hours.opens_at <= jump.low, hours.closes_at >= jump.high
    if from_before and to_after:
        return Effect.LONGER
    return Effect.CUT_IN_TWO if from_before or to_after else Effect.TWICE


def _both_open(schedule: Schedule, zone: str, hours: Opening, jump: Jump) -> bool:
    """Whether both times count: a mailing that begins or ends between the two has only one."""
    wall = max(hours.opens_at, jump.low)
    return all(is_open(schedule, zone, wall - offset) for offset in (jump.before, jump.after))


def _common(hours: Opening, jump: Jump) -> timedelta:
    return min(hours.closes_at, jump.high) - max(hours.opens_at, jump.low)


def _hours(schedule: Schedule, zone: str, wall: datetime) -> Opening | None:
    """The window on the wall that holds this wall clock, else the next one."""
    return next_opening(_on_the_wall(schedule, zone), "UTC", wall, begun=True)


def _on_the_wall(schedule: Schedule, zone: str) -> Schedule:
    if schedule.timing is Timing.LOCAL:
        return schedule
    starts, ends = (
        _wall(bound, zone).replace(tzinfo=None) for bound in (schedule.starts_at, schedule.ends_at)
    )
    return replace(schedule, timing=Timing.LOCAL, starts_at=starts, ends_at=ends)


def _wall(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(zone_info(zone)).replace(tzinfo=UTC)


def _first_instant(schedule: Schedule) -> datetime:
    """No opening in any zone is earlier; clocks are less than a day from UTC."""
    if schedule.timing is Timing.ABSOLUTE:
        return schedule.starts_at
    return schedule.starts_at.replace(tzinfo=UTC) - DAY
