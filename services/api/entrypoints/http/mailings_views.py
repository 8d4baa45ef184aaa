"""The JSON of mailings, as they are shown."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.mailings import Mailing, MailingState, Revision
from services.api.entrypoints.http.common import Instant
from services.api.entrypoints.http.mailings_models import Audience, Priority, Timing, timed
from services.api.handlers.lifecycle import Stopped
from shared.contracts.mailings import FilterSpec, MailingSpec, WindowSpec

_SPEC: JsonDict = {
    "text": 'Hello {{ name|default("friend") }}!',
    "starts_at": "2027-03-01T00:00:00",
    "ends_at": "2027-03-08T00:00:00",
    "timing": "local",
    "window": {"from": "10:00", "to": "20:00", "days": None},
    "filter": {"tags": ["vip"], "operator_codes": None},
    "channel": "sms",
    "department_id": None,
    "audience": "live",
    "max_lateness": 30,
    "holidays": ["2027-03-08"],
    "priority": "normal",
    "rate_per_second": 50.0,
}
_MAILING: JsonDict = {
    "id": 7,
    "name": "Spring",
    "state": "paused",
    "revision": 3,
    **_SPEC,
    "created_at": "2027-02-20T09:00:00Z",
    "updated_at": "2027-03-01T08:12:00Z",
    "launched_at": "2027-02-21T09:30:00Z",
    "started_at": "2027-03-01T07:00:00Z",
    "finished_at": None,
    "deleted_at": None,
    "forgotten_at": None,
}
_REVISION: JsonDict = {
    "revision": 2,
    "state": "running",
    "changed_at": "2027-03-01T08:02:00Z",
    "changed_by": 1,
    **_SPEC,
}


class _Spec(BaseModel):
    text: str
    starts_at: Annotated[datetime, Field(json_schema_extra=timed)]
    ends_at: Annotated[datetime, Field(json_schema_extra=timed)]
    timing: Timing
    window: WindowSpec | None
    filter: FilterSpec
    channel: str
    department_id: int | None
    audience: Audience
    max_lateness: int | None
    holidays: list[date]
    priority: Priority
    rate_per_second: float | None


class _Heading(BaseModel):
    id: int
    name: str | None
    state: MailingState
    revision: int


class MailingView(_Spec, _Heading):
    """Instants are in UTC; with local timing, starts and ends are wall-clock times."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MAILING]})

    created_at: Instant
    updated_at: Instant
    launched_at: Instant | None
    started_at: Instant | None = Field(description="When its first wave opened.")
    finished_at: Instant | None
    deleted_at: Instant | None
    forgotten_at: Instant | None = Field(
        description="Since when it is not known any longer what became of each message: the numbers"
        " of the statistics stay (API_RETAIN_MESSAGES_DAYS)."
    )

    @classmethod
    def of(cls, mailing: Mailing) -> "MailingView":
        return cls.model_validate(_shown(mailing))


class StoppedView(MailingView):
    """A mailing that was stopped, and whether that has arrived."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_MAILING | {"stop_confirmed": True, "in_flight": 3}]}
    )

    stop_confirmed: bool = Field(
        description="True: no new call to the provider starts later than a second from now. False:"
        " the senders will hear of it as soon as the broker answers."
    )
    in_flight: int | None = Field(description="Calls under way, if anybody can tell.")

    @classmethod
    def of_stopped(cls, stopped: Stopped) -> "StoppedView":
        arrived = {"stop_confirmed": stopped.confirmed, "in_flight": stopped.in_flight}
        return cls.model_validate(_shown(stopped.mailing) | arrived)


class _Change(BaseModel):
    revision: int
    state: MailingState
    changed_at: Instant
    changed_by: int | None = Field(description="The user's id, where it is known.")


class RevisionView(_Spec, _Change):
    """What a mailing was, from then on until the next revision."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REVISION]})

    @classmethod
    def of(cls, revision: Revision) -> "RevisionView":
        own = {name: getattr(revision, name) for name in _Change.model_fields}
        return cls.model_validate(own | _said(revision.spec))


def _shown(mailing: Mailing) -> dict[str, Any]:
    own = MailingView.model_fields.keys() - _Spec.model_fields.keys()
    return {name: getattr(mailing, name) for name in own} | _said(mailing.spec)


def _said(spec: MailingSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in _Spec.model_fields}
