"""How a mailing will go through its zones at a given rate, as far as that can be known before.

Sending is taken for a flow. All of it goes to the open zone that closes first; a zone that opens
meanwhile and closes earlier takes over. What is left in a zone when it closes waits for the zone's
next opening, and when there is none it is missed for want of rate. A zone whose turn comes when it
is too late to begin passes over its opening. So nobody is sent to outside an opening; and a higher
rate never reaches fewer of a zone, as long as lateness takes nobody's turn away.

Whoever would have to wait for a year is missed, too: nobody plans by such a number.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from services.scheduler.domain.waves import TOO_LATE, Phase, Standing

RATE = "rate"

_HORIZON = timedelta(days=366)
# Of a client, to absorb what floating-point numbers lose: nobody is missed by a millionth.
_NOTHING = 1e-6
_AT_THE_END = datetime.max.replace(tzinfo=UTC)

# Where a zone that has not begun stands at an instant, as waves are judged.
Judge = Callable[[str, datetime], Standing]


@dataclass(frozen=True, slots=True)
class ZoneForecast:
    """What becomes of the clients of a zone: ``reached + missed == clients``.

    The standing is the zone's at the time of the forecast: its opening, or why it has none.
    ``starts_at`` and ``ends_at`` are those of the sending; None when nobody is reached.
    """

    zone: str
    clients: int
    standing: Standing
    missed: int = 0
    reason: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def reached(self) -> int:
        return self.clients - self.missed


def forecast(
    clients: Mapping[str, int],
    standings: Mapping[str, Standing],
    later: Judge,
    per_second: float,
    now: datetime,
    begun: Collection[str] = (),
) -> list[ZoneForecast]:
    """For every zone of ``clients``, those that open first before the others.

    ``standings`` are of now; ``later`` judges a zone whose opening went by with clients left;
    ``begun`` are the zones that have sent in the opening they are in.
    """
    zones = [
        _Zone(name, number, standings[name], begun=name in begun)
        for name, number in clients.items()
    ]
    _Flow(zones, later, per_second, now).run()
    in_order = sorted(zones, key=lambda zone: (zone.standing.opens_at or _AT_THE_END, zone.name))
    return [zone.outcome(now) for zone in in_order]


class _Zone:
    """A zone while the flow runs. Its moments are seconds from the forecast's beginning."""

    def __init__(self, name: str, clients: int, standing: Standing, *, begun: bool) -> None:
        self.name = name
        self.clients = clients
        self.standing = standing
        self.begun = begun
        self.left = float(clients)
        self.closes = 0.0
        self.begin_by = math.inf
        self.missed = 0
        self.reason: str | None = None
        self.started: float | None = None
        self.ended: float | None = None

    def take(self, since: float, until: float, per_second: float) -> None:
        self.begun = True
        self.started = since if self.started is None else self.started
        self.ended = until
        self.left -= (until - since) * per_second
        if self.left <= _NOTHING:
            self.left = 0.0

    def miss(self, reason: str | None) -> None:
        self.missed = self.clients - math.floor(self.clients - self.left + _NOTHING)
        self.reason = reason if self.missed else None

    def outcome(self, now: datetime) -> ZoneForecast:
        planned = ZoneForecast(self.name, self.clients, self.standing, self.missed, self.reason)
        if self.started is None or self.ended is None or not planned.reached:
            return planned
        starts, ends = (now + timedelta(seconds=s) for s in (self.started, self.ended))
        return replace(planned, starts_at=starts, ends_at=ends)


class _Flow:
    def __init__(self, zones: list[_Zone], later: Judge, per_second: float, now: datetime) -> None:
        self._zones = zones
        self._later = later
        self._per_second = per_second
        self._now = now
        self._at = 0.0
        openings = (zone.standing.opens_at for zone in zones)
        self._last = max((at for at in openings if at), default=now) + _HORIZON
        # Zones that will open, by their opening; zones that are open, by their closing.
        self._coming: list[tuple[float, int]] = []
        self._open: list[tuple[float, int]] = []

    def run(self) -> None:
        for number, zone in enumerate(self._zones):
            if not self._awaits(number, zone.standing):
                zone.miss(zone.standing.reason)
        while self._coming or self._open:
            if not self._open:
                self._at = max(self._at, self._coming[0][0])
            while self._coming and self._coming[0][0] <= self._at:
                _, number = heappop(self._coming)
                heappush(self._open, (self._zones[number].closes, number))
            self._serve(self._open[0][1])

    def _awaits(self, number: int, standing: Standing) -> bool:
        """Puts a zone down for an opening; whether it has one."""
        opens, closes = standing.opens_at, standing.closes_at
        if standing.phase not in (Phase.PENDING, Phase.OPEN) or opens is None or closes is None:
            return False
        zone = self._zones[number]
        zone.closes = self._seconds(closes)
        zone.begin_by = math.inf if standing.begin_by is None else self._seconds(standing.begin_by)
        if zone.left > 0:
            heappush(self._coming, (max(0.0, self._seconds(opens)), number))
        return True

    def _serve(self, number: int) -> None:
        """Gives all there is to the zone that closes first, until something changes."""
        zone = self._zones[number]
        if not zone.begun and self._at > zone.begin_by:
            self._pass_over(number, self._at, TOO_LATE)
            return
        done = self._at + zone.left / self._per_second
        until = min(done, zone.closes, self._coming[0][0] if self._coming else done)
        if until > self._at or until == done:
            zone.take(self._at, until, self._per_second)
            self._at = until
        if until == done or zone.left == 0:
            zone.left = 0.0  # also where so little is left that no time passes
            heappop(self._open)
        elif zone.closes <= self._at:
            self._pass_over(number, zone.closes, RATE)

    def _pass_over(self, number: int, at: float, reason: str) -> None:
        """The opening of the first open zone goes by, for what is left in the zone."""
        heappop(self._open)
        zone = self._zones[number]
        zone.begun = False
        standing = self._later(zone.name, self._now + timedelta(seconds=at))
        too_far = standing.opens_at is not None and standing.opens_at > self._last
        if too_far or not self._awaits(number, standing):
            zone.miss(reason)

    def _seconds(self, instant: datetime) -> float:
        return (instant - self._now).total_seconds()
