"""How a mailing will go through its zones at a given rate, as far as that can be known before.

Sending is taken for a flow. All of it goes to the open zone that closes first (of several, the
first by name, as waves are taken); a zone that opens meanwhile and closes earlier takes over. What
is left in a zone when it closes waits for the zone's next opening, and when there is none it is
missed for want of rate. A zone whose turn comes when it is too late to begin passes over its
opening. So nobody is sent to outside an opening; and a higher rate never reaches fewer of a zone,
as long as lateness takes nobody's turn away.

Whoever would have to wait for a year is missed, too: nobody plans by such a number.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from services.scheduler.domain.waves import TOO_LATE, Phase, Standing
from shared.domain.local_time import Opening

RATE = "rate"

_HORIZON = timedelta(days=366)
# Of a client, to absorb what floating-point numbers lose: nobody is missed by a millionth.
_NOTHING = 1e-6
_AT_THE_END = datetime.max.replace(tzinfo=UTC)

# The openings of a zone behind the one that closes at an instant.
Following = Callable[[str, datetime], Iterator[Opening]]


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
    following: Following,
    per_second: float,
    now: datetime,
    *,
    patience: timedelta | None = None,
    begun: Collection[str] = (),
) -> list[ZoneForecast]:
    """For every zone of ``clients``, those that open first before the others.

    ``standings`` are of now, ``following`` is asked when an opening goes by with clients left.
    ``patience`` is how late a zone may begin; those in ``begun`` have, in the opening they are in.
    """
    zones = [
        _Zone(name, number, standings[name], begun=name in begun)
        for name, number in sorted(clients.items())
    ]
    _Flow(zones, following, per_second, now, patience).run()
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
        self.following: Iterator[Opening] | None = None
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
    def __init__(
        self,
        zones: list[_Zone],
        following: Following,
        per_second: float,
        now: datetime,
        patience: timedelta | None,
    ) -> None:
        self._zones = zones
        self._following = following
        self._patience = math.inf if patience is None else patience.total_seconds()
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
            opening = _opening(zone.standing)
            if opening is None:
                zone.miss(zone.standing.reason)
            elif zone.left > 0:
                self._await(number, opening)
        while self._coming or self._open:
            if not self._open:
                self._at = max(self._at, self._coming[0][0])
            while self._coming and self._coming[0][0] <= self._at:
                _, number = heappop(self._coming)
                heappush(self._open, (self._zones[number].closes, number))
            self._serve(self._open[0][1])

    def _await(self, number: int, opening: Opening) -> None:
        zone = self._zones[number]
        opens, zone.closes = self._seconds(opening.opens_at), self._seconds(opening.closes_at)
        zone.begin_by = opens + self._patience
        heappush(self._coming, (max(0.0, opens), number))

    def _serve(self, number: int) -> None:
        """Gives all there is to the zone that closes first, until something changes."""
        zone = self._zones[number]
        if not zone.begun and self._at > zone.begin_by:
            self._pass_over(number, TOO_LATE)
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
            self._pass_over(number, RATE)

    def _pass_over(self, number: int, reason: str) -> None:
        """The opening of the first open zone goes by, for those who are left in the zone."""
        heappop(self._open)
        zone = self._zones[number]
        zone.begun = False
        if zone.following is None:
            closes_at = self._now + timedelta(seconds=zone.closes)
            zone.following = self._following(zone.name, closes_at)
        opening = next(zone.following, None)
        if opening is None or opening.opens_at > self._last:
            zone.miss(reason)
        else:
            self._await(number, opening)

    def _seconds(self, instant: datetime) -> float:
        return (instant - self._now).total_seconds()


def _opening(standing: Standing) -> Opening | None:
    """The one that a wave waits for or is in; None when it will open no more."""
    opens_at, closes_at = standing.opens_at, standing.closes_at
    if standing.phase not in (Phase.PENDING, Phase.OPEN) or opens_at is None or closes_at is None:
        return None
    return Opening(opens_at, closes_at)
