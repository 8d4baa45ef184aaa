"""Previews and plans: who will get a mailing when, and who will not."""

from datetime import datetime

from carillon.models.base import Instant, Model, Words
from carillon.models.mailings import Audience, Encoding, MailingState


class Effect(Words):
    CUT_IN_TWO = "cut_in_two"
    TWICE = "twice"
    SHORTER = "shorter"
    LONGER = "longer"
    SKIPPED = "skipped"
    SHIFTED = "shifted"


class WaveState(Words):
    PENDING = "pending"
    OPEN = "open"
    SETTLING = "settling"
    ENDED = "ended"


class Basis(Words):
    """Of a rate: the mailing's own limit, what was measured, or an assumption."""

    MAILING = "mailing"
    MEASURED = "measured"
    ASSUMED = "assumed"


class ClockChange(Model):
    """What a change of the zone's clock does to its opening."""

    at: Instant
    offset_before: str
    offset_after: str
    effect: Effect
    explanation: str


class ZonePlan(Model):
    """``clients`` is ``reached`` and ``missed``; ``rows``: those who have a message already."""

    timezone: str
    clients: int
    reached: int
    opens_at: Instant | None
    closes_at: Instant | None
    opens_at_local: datetime | None
    closes_at_local: datetime | None
    expected_start: Instant | None
    expected_end: Instant | None
    missed: int
    reason: str | None
    clock_change: ClockChange | None
    state: WaveState | None
    rows: int


class Rate(Model):
    per_second: float
    basis: Basis


class TextSize(Model):
    """``missing`` counts those of the ``sampled`` who lack a variable."""

    encoding: Encoding | None
    characters: int | None
    units: int | None
    parts: int | None
    longest_parts: int | None
    sampled: int
    missing: dict[str, int]


class Cost(Model):
    messages: int
    parts: int
    estimated: bool


class SampleText(Model):
    """What one client would get, or the variable that is missing."""

    client_id: int
    timezone: str
    text: str | None
    missing: str | None
    parts: int | None


class Plan(Model):
    """``audience`` is ``reached`` and all of ``left_out``."""

    planned_at: Instant
    up_to_date: bool
    tzdata: str
    audience: int
    audience_mode: Audience
    reached: int
    rate: Rate
    first_opens_at: Instant | None
    expected_end: Instant | None
    left_out: dict[str, int]
    text: TextSize
    cost: Cost
    samples: list[SampleText]
    by_zone: list[ZonePlan]


class MailingPlan(Plan):
    mailing_id: int
    state: MailingState
    revision: int
