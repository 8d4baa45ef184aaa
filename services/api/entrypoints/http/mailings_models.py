"""The JSON of mailings."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
)
from pydantic.config import JsonDict

from services.api.domain import fields, mailing_rules
from services.api.domain.mailing_rules import checked
from services.api.domain.mailings import Mailing
from services.api.entrypoints.http.clients_models import OperatorCode, TagName
from services.api.entrypoints.http.common import WHOLE, Body, BodyId, may_be_left_out
from shared.contracts.mailings import Day, MailingSpec

Text = Annotated[
    str,
    AfterValidator(mailing_rules.text),
    Field(
        description="What may stand in `{{ }}`: name, phone, email, timezone, operator_code, tags,"
        " attributes.<name>. A client who lacks one gets nothing, unless there is a `default`.",
        examples=['Hello {{ name|default("friend") }}!'],
    ),
]
_WALL_CLOCK = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"
)


def timed(schema: JsonDict) -> None:
    """JSON Schema's date-time always has an offset; one by the clock of each zone has none."""
    del schema["format"]
    wall_clock: JsonDict = {"format": "date-time-local", "pattern": _WALL_CLOCK}
    schema["anyOf"] = [{"format": "date-time"}, wall_clock]


Moment = Annotated[
    datetime,
    BeforeValidator(mailing_rules.moment),
    Field(
        description="ISO 8601; with an offset when timing is absolute, without when local.",
        json_schema_extra=timed,
    ),
]
Timing = Literal["absolute", "local"]
Channel = Annotated[str, AfterValidator(mailing_rules.channel), Field(examples=["sms"])]
MailingName = Annotated[str, AfterValidator(fields.name), Field(examples=["Spring"])]
Audience = Annotated[
    Literal["live", "frozen"],
    Field(description="Whom the filter finds when each wave opens, or at the launch."),
]
Minutes = Annotated[StrictInt, Field(ge=1, le=525_600, description="Minutes."), WHOLE]
Holiday = Annotated[date, BeforeValidator(mailing_rules.day)]
Holidays = Annotated[list[Holiday], Field(max_length=mailing_rules.MOST_HOLIDAYS)]
Priority = Literal["urgent", "normal", "bulk"]
# One in a few hours; more than any provider takes.
Rate = Annotated[
    float, Field(ge=0.0001, le=1_000_000, strict=True, description="Messages a second.")
]

_EXAMPLE: JsonDict = {
    "text": 'Hello {{ name|default("friend") }}! Your order is on its way.',
    "starts_at": "2027-03-01T00:00:00",
    "ends_at": "2027-03-08T00:00:00",
    "timing": "local",
    "window": {"from": "10:00", "to": "20:00", "days": ["mon", "tue", "wed", "thu", "fri"]},
    "filter": {"tags": ["vip"], "operator_codes": None},
}


class WindowBody(Body):
    """Local hours, `[from, to)`; later `from` than `to` runs past midnight."""

    from_: str = Field(alias="from", examples=["10:00"])
    to: str = Field(examples=["20:00"])
    days: list[Day] | None = Field(default=None, examples=[["mon", "tue"]])


class FilterBody(Body):
    """Tags match any of; both given, both must match; both null, everybody."""

    tags: Annotated[list[TagName], AfterValidator(mailing_rules.choices)] | None = None
    operator_codes: Annotated[list[OperatorCode], AfterValidator(mailing_rules.choices)] | None = (
        None
    )


class MailingBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    text: Text
    starts_at: Moment
    ends_at: Moment
    timing: Timing = "absolute"
    window: WindowBody | None = None
    filter: FilterBody | None = None
    channel: Channel = "sms"
    name: MailingName | None = None
    department_id: BodyId | None = None
    audience: Audience = "live"
    max_lateness: Minutes | None = None
    holidays: Holidays = Field(default_factory=list)
    priority: Priority = "normal"
    rate_per_second: Rate | None = None

    def spec(self) -> MailingSpec:
        """Raises Invalid when the fields do not go together."""
        values = self.model_dump(by_alias=True, exclude={"name", "draft"})
        values["filter"] = values["filter"] or {}
        values["holidays"] = sorted(set(self.holidays))
        return checked(MailingSpec.model_validate(values))


class NewMailingBody(MailingBody):
    draft: StrictBool = Field(default=False, description="Do not launch it yet.")


class MailingPatch(Body):
    """Only what is to change. Null brings back what holds when a field is not given."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_at": "2027-03-10T00:00:00"}]})

    text: Text | None = may_be_left_out()
    starts_at: Moment | None = may_be_left_out()
    ends_at: Moment | None = may_be_left_out()
    timing: Timing | None = None
    window: WindowBody | None = None
    filter: FilterBody | None = None
    channel: Channel | None = None
    name: MailingName | None = None
    department_id: BodyId | None = None
    audience: Audience | None = None
    max_lateness: Minutes | None = None
    holidays: Holidays | None = None
    priority: Priority | None = None
    rate_per_second: Rate | None = None

    def over(self, mailing: Mailing) -> dict[str, Any]:
        """The fields of a MailingBody: the present ones, with those given put over them."""
        present = mailing.spec.model_dump(mode="json", by_alias=True) | {"name": mailing.name}
        given = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        merged = present | given
        cleared = {name for name, value in given.items() if value is None and name not in _NEEDED}
        return {name: value for name, value in merged.items() if name not in cleared}


# Null cannot clear these: without them there is no mailing.
_NEEDED = frozenset({"text", "starts_at", "ends_at"})
