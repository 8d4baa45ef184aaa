"""A mailing's plan, as people see it: who is reached when, who is left out and why, at what cost.

One composition serves both a mailing that is only thought of and one under way. The first has no
rows; of the second, whoever has a row that we ended ourselves is left out already, every other row
counts as reached, and the forecast is about the rest.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Literal

from services.scheduler.domain.clock_changes import ClockChange, clock_change
from services.scheduler.domain.forecast import ZoneForecast, forecast
from services.scheduler.domain.returned import BLOCKED
from services.scheduler.domain.revisions import TEMPLATE_VARIABLE_MISSING, TEXT_TOO_LONG
from services.scheduler.domain.schedules import is_known_zone, schedule_of
from services.scheduler.domain.texts import Sample, TextReport
from services.scheduler.domain.waves import Phase, Standing, judge
from shared.contracts.mailings import MailingChanged
from shared.domain.local_time import Opening, openings

# Before anything was sent on a channel: a provider that takes a fifth of a second, behind the
# hundred calls of one sender.
ASSUMED_PER_SECOND = 500.0


@dataclass(frozen=True, slots=True)
class Rate:
    per_second: float
    basis: Literal["mailing", "measured", "assumed"]


@dataclass(frozen=True, slots=True)
class WaveNow:
    """A zone's wave as it stands; its phase is None while it is only thought of.

    ``left_out`` are rows that we ended ourselves, by reason. ``blocked``: of the clients without a
    row, those who will be left out for a block.
    """

    zone: str
    phase: Phase | None
    size: int
    rows: int
    standing: Standing
    begun_at: datetime | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    blocked: int = 0

    @property
    def to_come(self) -> int:
        """Clients without a row."""
        return 0 if self.phase is Phase.ENDED else max(self.size - self.rows, 0)


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """``clients == reached + missed``. ``expected`` is about those who have no row yet."""

    zone: str
    clients: int
    reached: int
    left_out: Mapping[str, int]
    opening: Opening | None
    expected: ZoneForecast
    clock_change: ClockChange | None
    phase: Phase | None
    rows: int

    @property
    def missed(self) -> int:
        return self.clients - self.reached

    @property
    def reason(self) -> str | None:
        """Why most of those who are missed are."""
        return max(self.left_out, key=lambda one: self.left_out[one], default=None)


@dataclass(frozen=True, slots=True)
class Plan:
    """``audience == reached + Σ left_out``."""

    planned_at: datetime
    mailing: MailingChanged
    rate: Rate
    zones: Sequence[ZonePlan]
    text: TextReport
    samples: Sequence[Sample]
    left_out: Mapping[str, int]

    @property
    def audience(self) -> int:
        return sum(zone.clients for zone in self.zones)

    @property
    def reached(self) -> int:
        return self.audience - sum(self.left_out.values())

    @property
    def parts(self) -> int:
        return round(self.reached * self.text.mean_parts)

    @property
    def is_estimated(self) -> bool:
        """Whether the parts come from a sample that is smaller than the audience."""
        return 0 < self.text.sampled < self.audience

    @property
    def first_opens_at(self) -> datetime | None:
        openings = (zone.opening for zone in self.zones if zone.clients)
        return min((opening.opens_at for opening in openings if opening), default=None)

    @property
    def expected_end(self) -> datetime | None:
        ends = (zone.expected.ends_at for zone in self.zones)
        return max((end for end in ends if end), default=None)


def rate_of(mailing: MailingChanged, measured: float | None) -> Rate:
    """What binds: the mailing's own limit, or what the senders took when they were last busy."""
    limit = mailing.spec.rate_per_second
    if limit is not None and (measured is None or limit <= measured):
        return Rate(limit, "mailing")
    return Rate(ASSUMED_PER_SECOND, "assumed") if measured is None else Rate(measured, "measured")


def waves_to_be(mailing: MailingChanged, counts: Mapping[str, int], now: datetime) -> list[WaveNow]:
    """The waves that a launch would plan now, where there is anybody."""
    judged = {zone: judge(mailing, zone, now, begun_at=None) for zone, n in counts.items() if n > 0}
    return [WaveNow(zone, None, counts[zone], 0, standing) for zone, standing in judged.items()]


def without_blocked(waves: Sequence[WaveNow], blocked: Mapping[str, int]) -> list[WaveNow]:
    """``blocked``: clients without a row, by zone. Where no window is left, that is the reason."""
    return [
        replace(wave, blocked=min(blocked[wave.zone], wave.to_come))
        if wave.zone in blocked and wave.standing.phase is not Phase.SETTLING
        else wave
        for wave in waves
    ]


def zone_plans(
    mailing: MailingChanged, waves: Sequence[WaveNow], rate: Rate, now: datetime
) -> list[ZonePlan]:
    by_zone = {wave.zone: wave for wave in waves}
    schedule = schedule_of(mailing.spec)
    expected = forecast(
        {wave.zone: wave.to_come - wave.blocked for wave in waves},
        {wave.zone: wave.standing for wave in waves},
        partial(openings, schedule),
        rate.per_second,
        now,
        patience=schedule.max_lateness,
        begun={wave.zone for wave in waves if _has_begun(wave)},
    )
    return [_zone_plan(mailing, by_zone[one.zone], one, now) for one in expected]


def plan(
    mailing: MailingChanged,
    zones: Sequence[ZonePlan],
    rate: Rate,
    text: TextReport,
    samples: Sequence[Sample],
    now: datetime,
) -> Plan:
    left_out: Counter[str] = Counter()
    for zone in zones:
        left_out.update(zone.left_out)
    to_come = sum(zone.expected.reached for zone in zones)
    left_out.update(_without_text(text, to_come))
    return Plan(now, mailing, rate, zones, text, samples, left_out)


def _without_text(text: TextReport, clients: int) -> dict[str, int]:
    """How many of the clients will be sent nothing for want of a text, going by the sample."""
    if not text.sampled:
        return {}
    missing = round(clients * sum(text.missing.values()) / text.sampled)
    too_long = min(clients - missing, round(clients * text.too_long / text.sampled))
    found = {TEMPLATE_VARIABLE_MISSING: missing, TEXT_TOO_LONG: too_long}
    return {reason: number for reason, number in found.items() if number}


def _has_begun(wave: WaveNow) -> bool:
    opens, closes = wave.standing.opens_at, wave.standing.closes_at
    if wave.begun_at is None or opens is None or closes is None:
        return False
    return opens <= wave.begun_at < closes


def _zone_plan(
    mailing: MailingChanged, wave: WaveNow, expected: ZoneForecast, now: datetime
) -> ZonePlan:
    left_out = Counter(wave.left_out)
    if expected.reason is not None:
        left_out[expected.reason] += expected.missed
    if wave.blocked:
        left_out[BLOCKED] += wave.blocked
    rows = max(wave.rows, sum(wave.left_out.values()))
    clients = rows + wave.to_come
    opening = _opening(wave.standing)
    return ZonePlan(
        zone=wave.zone,
        clients=clients,
        reached=clients - left_out.total(),
        left_out=left_out,
        opening=opening,
        expected=expected,
        clock_change=_clock_change(mailing, wave, opening, now),
        phase=wave.phase,
        rows=rows,
    )


def _opening(standing: Standing) -> Opening | None:
    if standing.opens_at is None or standing.closes_at is None:
        return None
    return Opening(standing.opens_at, standing.closes_at)


def _clock_change(
    mailing: MailingChanged, wave: WaveNow, opening: Opening | None, now: datetime
) -> ClockChange | None:
    if not is_known_zone(wave.zone) or mailing.state == "cancelled":
        return None
    return clock_change(schedule_of(mailing.spec), wave.zone, opening, now)
