"""Which instants the clock is moved to, and how long it stays at each.

*Calm* instants are the last chance of somebody: the clock stays until nothing is left to do, with a
provider that behaves, so everybody who may be contacted then must have been. They are as few as
can be. Between them the clock jumps to the edges of openings and to the moments beside them, with
a provider that does not behave; there it stays until what is possible at once is done (*plain*),
or jumps on in the middle of everything (*hasty*). On a *brink* a mailing is launched when a window
is about to close, and most calls fail: the clock jumps beyond the closing before they are repeated.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from shared.domain.local_time import Opening, Schedule
from tests.integration.local_time.mailings import BRINK, Told
from tests.support.brute_force import DAY, MINUTE, Scan, openings_by_scan

# A wave begins within seconds of its opening, and a calm stay lasts some; both have a minute's
# room.
ROOM = 3 * MINUTE
# Beside an edge: on it, at the last second before it, and later than most wave could begin.
SECOND = timedelta(seconds=1)
BESIDE = (timedelta(), -SECOND, SECOND, 47 * MINUTE)


class Stay(Enum):
    CALM = "calm"
    PLAIN = "plain"
    HASTY = "hasty"
    BRINK = "brink"


@dataclass(frozen=True)
class Step:
    at: datetime
    stay: Stay


class Oracle:
    """What may happen when, by the walls of the zones, minute by minute."""

    def __init__(
        self, told: Sequence[Told], zones: Sequence[str], since: datetime, until: datetime
    ) -> None:
        """``since``, ``until``: whole minutes that hold every schedule in every zone."""
        scans = {zone: Scan.of(zone, since, until) for zone in zones}
        self.openings: dict[tuple[int, str], list[Opening]] = {
            (mailing.number, zone): openings_by_scan(mailing.schedule, scan)
            for mailing in told
            for zone, scan in scans.items()
        }
        self._told = {mailing.number: mailing for mailing in told}

    def last_chances(self) -> dict[tuple[int, str], tuple[datetime, datetime]]:
        """The last span in which each mailing's wave can begin in each zone, once it has changed
        for the last time; none if there is none."""
        chances = {}
        for (number, zone), openings in self.openings.items():
            mailing = self._told[number]
            spans = [_span(mailing.schedule, mailing.settled_at, opening) for opening in openings]
            wide_enough = [span for span in spans if span[0] + MINUTE < span[1]]
            if wide_enough:
                chances[number, zone] = wide_enough[-1]
        return chances


def _span(schedule: Schedule, settled_at: datetime, opening: Opening) -> tuple[datetime, datetime]:
    patience = 30 * DAY if schedule.max_lateness is None else schedule.max_lateness
    begins = max(opening.opens_at, settled_at + MINUTE)
    return begins, min(opening.closes_at, opening.opens_at + patience) - ROOM


def walk(oracle: Oracle, told: Sequence[Told], chance: random.Random, jumps: int) -> list[Step]:
    """In the order of time; ``jumps``: how many beside the calm instants."""
    calm = [Step(at, Stay.CALM) for at in _stabs(oracle.last_chances().values())]
    first = min(mailing.launched_at for mailing in told) + MINUTE
    edges = [
        edge
        for openings in oracle.openings.values()
        for opening in openings
        for edge in (opening.opens_at, opening.closes_at)
    ]
    beside = (chance.choice(edges) + chance.choice(BESIDE) for _ in range(jumps))
    stays = [Stay.PLAIN, Stay.PLAIN, Stay.HASTY]
    others = [Step(at, chance.choice(stays)) for at in sorted(set(beside)) if at > first]
    for launch in (mailing.launched_at for mailing in told if mailing.on_the_brink):
        calm += [Step(launch, Stay.BRINK), Step(launch + BRINK + SECOND, Stay.CALM)]
    end = Step(max(edges) + 2 * MINUTE, Stay.CALM)
    return sorted([*calm, *others, end], key=lambda step: step.at)


def _stabs(spans: Iterable[tuple[datetime, datetime]]) -> list[datetime]:
    """The fewest instants of which each span has one."""
    found: list[datetime] = []
    for begins, ends in sorted(spans, key=lambda span: span[1]):
        if not found or found[-1] < begins:
            found.append(ends)
    return found
