"""Plans and explanations as JSON: instants in UTC, and as the zone's own clock shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from services.scheduler.domain.clock_changes import ClockChange
from services.scheduler.domain.clock_words import explanation, offset_words
from services.scheduler.domain.forecast import RATE
from services.scheduler.domain.plan import Plan, ZonePlan
from services.scheduler.domain.returned import BLOCKED
from services.scheduler.domain.revisions import TEMPLATE_VARIABLE_MISSING
from services.scheduler.domain.schedules import is_known_zone
from services.scheduler.domain.texts import Sample, TextReport
from services.scheduler.domain.waves import TOO_LATE, UNKNOWN_ZONE, WINDOW_PASSED
from shared.domain.local_time import Opening
from shared.domain.zones import tzdata_version, zone_info

# Listed always, so that a reader sees what was looked for; others when there are any.
_LISTED = (WINDOW_PASSED, TOO_LATE, RATE, UNKNOWN_ZONE, BLOCKED, TEMPLATE_VARIABLE_MISSING)


class RateView(BaseModel):
    per_second: float
    basis: str


class TextView(BaseModel):
    encoding: str | None
    characters: int | None
    units: int | None
    parts: int | None
    longest_parts: int | None
    sampled: int
    missing: Mapping[str, int]

    @classmethod
    def of(cls, text: TextReport) -> Self:
        size = text.typical
        return cls(
            encoding=size and size.encoding,
            characters=size and size.characters,
            units=size and size.units,
            parts=size and size.parts,
            longest_parts=text.longest_parts if size else None,
            sampled=text.sampled,
            missing=text.missing,
        )


class CostView(BaseModel):
    messages: int
    parts: int
    estimated: bool


class SampleView(BaseModel):
    client_id: int
    timezone: str
    text: str | None
    missing: str | None
    parts: int | None

    @classmethod
    def of(cls, sample: Sample) -> Self:
        return cls(
            client_id=sample.client_id,
            timezone=sample.timezone,
            text=sample.text,
            missing=sample.missing,
            parts=sample.size and sample.size.parts,
        )


class ClockChangeView(BaseModel):
    at: datetime
    offset_before: str
    offset_after: str
    effect: str
    explanation: str

    @classmethod
    def of(cls, change: ClockChange) -> Self:
        return cls(
            at=change.jump.at,
            offset_before=offset_words(change.jump.before),
            offset_after=offset_words(change.jump.after),
            effect=change.effect,
            explanation=explanation(change),
        )


class OpeningView(BaseModel):
    opens_at: datetime | None
    closes_at: datetime | None
    opens_at_local: str | None
    closes_at_local: str | None


class ZoneView(OpeningView):
    timezone: str
    clients: int
    reached: int
    expected_start: datetime | None
    expected_end: datetime | None
    missed: int
    reason: str | None
    clock_change: ClockChangeView | None
    state: str | None
    rows: int

    @classmethod
    def of(cls, zone: ZonePlan) -> Self:
        return cls(
            **_opening(zone.opening, zone.zone),
            timezone=zone.zone,
            clients=zone.clients,
            reached=zone.reached,
            expected_start=zone.expected.starts_at,
            expected_end=zone.expected.ends_at,
            missed=zone.missed,
            reason=zone.reason,
            clock_change=zone.clock_change and ClockChangeView.of(zone.clock_change),
            state=zone.phase,
            rows=zone.rows,
        )


class PlanView(BaseModel):
    """``audience`` is ``reached`` and all of ``left_out``. ``up_to_date``: it counts every change
    of a client, and is of the mailing's revision, that the asker knew of."""

    planned_at: datetime
    up_to_date: bool
    tzdata: str
    audience: int
    audience_mode: str
    reached: int
    rate: RateView
    first_opens_at: datetime | None
    expected_end: datetime | None
    left_out: Mapping[str, int]
    text: TextView
    cost: CostView
    samples: list[SampleView]
    by_zone: list[ZoneView]

    @classmethod
    def of(cls, plan: Plan, up_to_date: bool) -> Self:
        return cls(
            planned_at=plan.planned_at,
            up_to_date=up_to_date,
            tzdata=tzdata_version(),
            audience=plan.audience,
            audience_mode=plan.mailing.spec.audience,
            reached=plan.reached,
            rate=RateView(per_second=plan.rate.per_second, basis=plan.rate.basis),
            first_opens_at=plan.first_opens_at,
            expected_end=plan.expected_end,
            left_out=dict.fromkeys(_LISTED, 0) | dict(plan.left_out),
            text=TextView.of(plan.text),
            cost=CostView(messages=plan.reached, parts=plan.parts, estimated=plan.is_estimated),
            samples=list(map(SampleView.of, plan.samples)),
            by_zone=list(map(ZoneView.of, plan.zones)),
        )


def _opening(opening: Opening | None, zone: str) -> dict[str, datetime | str | None]:
    if opening is None:
        return dict.fromkeys(OpeningView.model_fields)
    return {
        "opens_at": opening.opens_at,
        "closes_at": opening.closes_at,
        "opens_at_local": _local(opening.opens_at, zone),
        "closes_at_local": _local(opening.closes_at, zone),
    }


def _local(instant: datetime, zone: str) -> str | None:
    return instant.astimezone(zone_info(zone)).isoformat() if is_known_zone(zone) else None
