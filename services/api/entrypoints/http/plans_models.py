"""The JSON of plans. It is passed on as the scheduler gives it; this documents it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.mailings import MailingState
from services.api.entrypoints.http.common import Instant

Effect = Literal["cut_in_two", "twice", "shorter", "longer", "skipped", "shifted"]

_ZONE: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "clients": 1200,
    "reached": 1200,
    "opens_at": "2027-03-28T08:00:00Z",
    "closes_at": "2027-03-28T18:00:00Z",
    "opens_at_local": "2027-03-28T10:00:00+02:00",
    "closes_at_local": "2027-03-28T20:00:00+02:00",
    "expected_start": "2027-03-28T08:00:00Z",
    "expected_end": "2027-03-28T08:00:12Z",
    "missed": 0,
    "reason": None,
    "clock_change": {
        "at": "2027-03-28T01:00:00Z",
        "offset_before": "+01:00",
        "offset_after": "+02:00",
        "effect": "shifted",
        "explanation": "On 2027-03-28 clocks go forward from 02:00 to 03:00 (UTC+01:00 becomes"
        " UTC+02:00): the window keeps its local hours, which come 1 hour earlier by UTC than the"
        " day before.",
    },
    "state": None,
    "rows": 0,
}
_PLAN: dict[str, Any] = {
    "planned_at": "2027-03-20T12:00:00Z",
    "up_to_date": True,
    "tzdata": "2026b",
    "audience": 1203,
    "audience_mode": "live",
    "reached": 1200,
    "rate": {"per_second": 100.0, "basis": "measured"},
    "first_opens_at": "2027-03-28T08:00:00Z",
    "expected_end": "2027-03-28T08:00:12Z",
    "left_out": {
        "window_passed": 0,
        "too_late": 0,
        "rate": 0,
        "unknown_zone": 3,
        "blocked": 0,
        "template_variable_missing": 0,
    },
    "text": {
        "encoding": "UCS-2",
        "characters": 84,
        "units": 84,
        "parts": 2,
        "longest_parts": 2,
        "sampled": 200,
        "missing": {},
    },
    "cost": {"messages": 1200, "parts": 2400, "estimated": True},
    "samples": [
        {
            "client_id": 12,
            "timezone": "Europe/Berlin",
            "text": "Hello Ann!",
            "missing": None,
            "parts": 1,
        }
    ],
    "by_zone": [_ZONE],
}
_EXAMPLE: JsonDict = {**_PLAN}
_OF_MAILING: JsonDict = {"mailing_id": 7, "state": "draft", "revision": 1, **_PLAN}


class ClockChange(BaseModel):
    """What a change of the zone's clock does to its opening."""

    at: Instant
    offset_before: str
    offset_after: str
    effect: Effect
    explanation: str


class ZonePlan(BaseModel):
    """`clients` is `reached` and `missed`. What is expected is about those without a message."""

    timezone: str
    clients: int
    reached: int
    opens_at: Instant | None
    closes_at: Instant | None
    opens_at_local: datetime | None = Field(description="By the clock of the zone.")
    closes_at_local: datetime | None
    expected_start: Instant | None
    expected_end: Instant | None = Field(description="At the rate that the plan names.")
    missed: int
    reason: str | None = Field(description="Why most of those who are missed are.")
    clock_change: ClockChange | None
    state: Literal["pending", "open", "settling", "ended"] | None = Field(
        description="Of the zone's wave; null before the launch."
    )
    rows: int = Field(description="Clients who have a message already.")


class Rate(BaseModel):
    """`basis`: the mailing's own limit, what was measured when the senders were last busy, or an
    assumption when nothing was sent yet."""

    per_second: float
    basis: Literal["mailing", "measured", "assumed"]


class TextSize(BaseModel):
    """Of the typical text, by the units that an SMS is billed by; of a template, by a sample of the
    audience. `missing` counts those of the `sampled` who lack a variable."""

    encoding: Literal["GSM-7", "UCS-2"] | None
    characters: int | None
    units: int | None
    parts: int | None
    longest_parts: int | None
    sampled: int
    missing: dict[str, int]


class Cost(BaseModel):
    """`estimated`: whether the parts come from a sample."""

    messages: int
    parts: int
    estimated: bool


class SampleText(BaseModel):
    """What one client would get, or the variable that is missing."""

    client_id: int
    timezone: str
    text: str | None
    missing: str | None
    parts: int | None


class Plan(BaseModel):
    """`audience` is `reached` and all of `left_out`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    planned_at: Instant
    up_to_date: bool = Field(
        description="Whether every change of a client, and of the mailing, made before it was asked"
        " for is counted. It is waited for, but no more than two seconds."
    )
    tzdata: str = Field(description="The release of the tz database that it was reckoned by.")
    audience: int
    audience_mode: Literal["live", "frozen"]
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
    model_config = ConfigDict(json_schema_extra={"examples": [_OF_MAILING]})

    mailing_id: int
    state: MailingState
    revision: int
