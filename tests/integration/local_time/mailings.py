"""The mailings of a run: every kind of schedule, around one weekend on which clocks change."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.contracts.gates import Gate
from shared.contracts.mailings import MailingChanged, MailingSpec
from shared.domain.local_time import Schedule, Timing, Window
from shared.domain.windows import DAY_NAMES
from tests.support.brute_force import DAY, HOUR, MINUTE

# So long before a window from 10:00 to 20:00 closes in the zones of UTC+3, +8 and -5.
BRINK = timedelta(seconds=5)
# From the moment that the senders know of a gate: what has been claimed by then.
ARRIVES_WITHIN = timedelta(seconds=1)
BRINKS = [timedelta(hours=hour) - BRINK for hour in (-7, 12, 25)]


@dataclass(frozen=True)
class Version:
    """What holds of a mailing from an instant on; paused, it has no schedule."""

    since: datetime
    schedule: Schedule | None


@dataclass(frozen=True)
class News:
    """What the others are told at an instant, as the api tells it."""

    at: datetime
    mailing: MailingChanged
    gate: Gate


@dataclass(frozen=True)
class Told:
    """A mailing and its life. It is launched with its first version; its last has a schedule."""

    number: int
    versions: tuple[Version, ...]
    on_the_brink: bool = False
    """Whether it is launched when the window is about to close in some zones."""

    @property
    def text(self) -> str:
        """Its own, so that a call tells whose it is."""
        return f"The bells of mailing {self.number}"

    @property
    def launched_at(self) -> datetime:
        return self.versions[0].since

    @property
    def settled_at(self) -> datetime:
        """From then on it changes no more."""
        return self.versions[-1].since

    @property
    def schedule(self) -> Schedule:
        """The last there is."""
        assert self.versions[-1].schedule is not None
        return self.versions[-1].schedule

    def schedules_at(self, instant: datetime) -> list[Schedule]:
        """By which a call may be made; what is under way at a change may still arrive."""
        asked = (instant, instant - ARRIVES_WITHIN)
        found = [[v.schedule for v in self.versions if v.since <= at][-1:] for at in asked]
        return [schedule for [schedule] in filter(None, found) if schedule is not None]

    def news(self) -> list[News]:
        schedule, told = self.schedule, []
        for revision, version in enumerate(self.versions, start=1):
            schedule = version.schedule or schedule
            paused = version.schedule is None
            gate = Gate(kind="mailing", id=self.number, revision=revision, closed=paused)
            event = MailingChanged(
                mailing_id=self.number,
                revision=revision,
                state="paused" if paused else "scheduled",
                changed_at=version.since,
                spec=MailingSpec.model_validate({"text": self.text, **_times(schedule)}),
            )
            told.append(News(version.since, event, gate))
        return told


def around_weekend(change: date, launched_at: datetime, chance: random.Random) -> list[Told]:
    """``change``: the day on which most clocks change."""
    midnight, daytime = _utc(change), _in_the_daytime(change)
    plain = [*_by_hand(change), *(_by_chance(change, chance) for _ in range(2))]
    paused = (launched_at, daytime), (midnight - 12 * HOUR, None), (midnight + 9 * HOUR, daytime)
    changed = (launched_at, daytime), (midnight + 3 * HOUR, _at_night(change))
    late = (midnight - 6 * HOUR, _in_the_daytime(change, 3 * HOUR))
    lives = [*([(launched_at, schedule)] for schedule in plain), paused, changed, [late]]
    brinks = [[(midnight + after, daytime)] for after in BRINKS]
    return [
        Told(number, tuple(Version(*version) for version in life), life in brinks)
        for number, life in enumerate([*lives, *brinks], start=1)
    ]


def _by_hand(change: date) -> list[Schedule]:
    day = _midnight(change)
    since, until = _utc(change) - DAY, _utc(change) + 2 * DAY
    late = timedelta(minutes=45)
    weekend = Window.parse("09:00", "24:00", ["sat", "mon"])
    return [
        _in_the_daytime(change),
        _at_night(change),
        Schedule(day, day + DAY, Timing.LOCAL, Window.parse("01:30", "03:30", None)),
        Schedule(day + 150 * MINUTE, day + 26 * HOUR, Timing.LOCAL),
        Schedule(since, until, Timing.ABSOLUTE, weekend, frozenset({change - DAY})),
        Schedule(
            day - DAY,
            day + 30 * HOUR,
            Timing.LOCAL,
            Window.parse("23:00", "02:30", None),
            frozenset({change}),
            late,
        ),
    ]


def _in_the_daytime(change: date, late: timedelta | None = None) -> Schedule:
    """A late launch of it finds most zones past their hour, some a little, others too much."""
    since = _utc(change) - DAY
    window = Window.parse("10:00", "20:00", None)
    return Schedule(since, since + 3 * DAY, Timing.ABSOLUTE, window, frozenset(), late)


def _at_night(change: date) -> Schedule:
    since = _utc(change) - DAY
    return Schedule(since, since + 3 * DAY, Timing.ABSOLUTE, Window.parse("22:00", "06:00", None))


def _by_chance(change: date, chance: random.Random) -> Schedule:
    opens, closes = chance.sample(range(0, 24 * 60, 15), 2)
    days = chance.choice([None, frozenset(chance.sample(range(7), 5))])
    lateness = chance.choice([None, timedelta(minutes=chance.randrange(20, 120))])
    holidays = frozenset(chance.sample([change - DAY, change, change + DAY], chance.choice([0, 1])))
    starts = _midnight(change) - chance.randrange(24) * HOUR
    ends = starts + chance.randrange(24, 60) * HOUR
    timing = chance.choice(list(Timing))
    if timing is Timing.ABSOLUTE:
        starts, ends = starts.replace(tzinfo=UTC), ends.replace(tzinfo=UTC)
    return Schedule(starts, ends, timing, Window(opens, closes, days), holidays, lateness)


def _times(schedule: Schedule) -> dict[str, Any]:
    lateness = schedule.max_lateness
    return {
        "starts_at": schedule.starts_at,
        "ends_at": schedule.ends_at,
        "timing": schedule.timing.value,
        "window": None if schedule.window is None else _window(schedule.window),
        "holidays": tuple(schedule.holidays),
        "max_lateness": None if lateness is None else lateness // MINUTE,
    }


def _window(window: Window) -> dict[str, Any]:
    days = window.days
    return {
        "from": _clock(window.opens),
        "to": _clock(window.closes),
        "days": None if days is None else [DAY_NAMES[day] for day in sorted(days)],
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _utc(day: date) -> datetime:
    return _midnight(day).replace(tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
