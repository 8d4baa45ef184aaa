"""The JSON of webhooks."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.hook_log import Delivery, DeliveryState
from services.api.domain.hook_tries import Trouble
from services.api.domain.webhooks import (
    LONGEST_URL,
    OLD_SECRET_HOURS,
    Because,
    EventType,
    Wanted,
    Webhook,
)
from services.api.entrypoints.http.clients_models import Name
from services.api.entrypoints.http.common import WHOLE, Body, BodyId, Instant, may_be_left_out

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_URL,
        examples=["https://crm.example.com/carillon"],
        description="Where events are sent: https, without a name or a password in it.",
    ),
]
Events = Annotated[
    list[EventType],
    Field(min_length=1, max_length=len(EventType), description="What to be told of."),
]
Hours = Annotated[int, Field(ge=0, le=168, strict=True), WHOLE]
OfDepartment = Annotated[BodyId | None, Field(description="Only of mailings of this department.")]
OfMailing = Annotated[BodyId | None, Field(description="Only of this mailing.")]

_BODY: JsonDict = {
    "name": "CRM",
    "url": "https://crm.example.com/carillon",
    "events": ["mailing.finished", "message.failed"],
    "department_id": 3,
}
_WEBHOOK: JsonDict = {
    "id": 4,
    **_BODY,
    "mailing_id": None,
    "enabled": True,
    "disabled_at": None,
    "disabled_because": None,
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2027-02-01T09:00:00Z",
    "updated_at": "2027-02-01T09:00:00Z",
}
_SECRET: JsonDict = {"secret": "whsec_" + 43 * "x" + "="}
_DELIVERY: JsonDict = {
    "id": 917,
    "state": "pending",
    "types": ["message.failed"],
    "events": 12,
    "created_at": "2027-03-01T10:00:01Z",
    "attempts": 3,
    "replays": 0,
    "last_attempt_at": "2027-03-01T10:00:38Z",
    "status_code": 500,
    "error": "refused",
    "latency_ms": 83,
    "next_attempt_at": "2027-03-01T10:02:38Z",
    "ended_at": None,
}


class WebhookBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_BODY]})

    name: Name
    url: Url
    events: Events
    department_id: OfDepartment = None
    mailing_id: OfMailing = None

    def wanted(self) -> Wanted:
        return Wanted(
            self.name, self.url, frozenset(self.events), self.department_id, self.mailing_id
        )


class WebhookPatch(Body):
    """Only what is to change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}]})

    name: Name | None = may_be_left_out()
    url: Url | None = may_be_left_out()
    events: Events | None = may_be_left_out()
    department_id: OfDepartment = None
    mailing_id: OfMailing = None
    enabled: StrictBool | None = may_be_left_out(
        "False: nothing is sent any more, and what waits is dropped. True: from now on, again."
    )

    def over(self, webhook: Webhook) -> tuple[Wanted, bool]:
        """Raises Invalid for a null where it says nothing."""
        given: dict[str, Any] = self.model_dump(exclude_unset=True)
        nulls = [
            name for name in ("name", "url", "events", "enabled") if given.get(name, "") is None
        ]
        if nulls:
            raise Invalid(*(FieldFault(name, "This cannot be null.") for name in nulls))
        enabled = given.pop("enabled", webhook.is_enabled)
        if "events" in given:
            given["events"] = frozenset(given["events"])
        return webhook.wanted.but(given), enabled


class WebhookView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_WEBHOOK]})

    id: int
    name: str
    url: str
    events: list[EventType]
    department_id: int | None
    mailing_id: int | None
    enabled: bool
    disabled_at: Instant | None
    disabled_because: Because | None = Field(
        description="`failing`: for five days nothing was taken; `gone`: the receiver answered 410;"
        " `secret_lost`: API_JWT_SECRET was changed and the one of before put away: rotate it."
    )
    failing_since: Instant | None = Field(description="Nothing was taken since; null: all is well.")
    old_secret_until: Instant | None = Field(description="So long the secret of before signs too.")
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookView":
        return cls(**_told(webhook))


class MadeWebhookView(WebhookView):
    model_config = ConfigDict(json_schema_extra={"examples": [{**_WEBHOOK, **_SECRET}]})

    secret: str = Field(description="What signs (standardwebhooks.com). It is shown this once.")

    @classmethod
    def made(cls, webhook: Webhook, secret: str) -> "MadeWebhookView":
        return cls(**_told(webhook), secret=secret)


class RotateBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"old_good_for_hours": 24}]})

    old_good_for_hours: Hours = OLD_SECRET_HOURS

    def old_good_for(self) -> timedelta:
        return timedelta(hours=self.old_good_for_hours)


class DeliveryView(BaseModel):
    """One request, with all the events that it tells of."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY]})

    id: int
    state: DeliveryState
    types: list[str] = Field(description="Of what events there are some.")
    events: int = Field(description="How many.")
    created_at: Instant
    attempts: int = Field(description="Since the last replay.")
    replays: int
    last_attempt_at: Instant | None
    status_code: int | None = Field(description="Of the last answer; null when there was none.")
    error: Trouble | None = Field(description="Why the receiver does not have it.")
    latency_ms: int | None
    next_attempt_at: Instant | None
    ended_at: Instant | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryView":
        return cls(
            id=delivery.id,
            state=delivery.state,
            types=list(delivery.types),
            events=delivery.events,
            created_at=delivery.created_at,
            attempts=delivery.attempts,
            replays=delivery.replays,
            last_attempt_at=delivery.tried_at,
            status_code=delivery.status,
            error=delivery.trouble,
            latency_ms=delivery.latency_ms,
            next_attempt_at=delivery.due_at,
            ended_at=delivery.ended_at,
        )


def _told(webhook: Webhook) -> dict[str, Any]:
    wanted = webhook.wanted
    return {
        "id": webhook.id,
        "name": wanted.name,
        "url": wanted.url,
        "events": sorted(wanted.events),
        "department_id": wanted.department_id,
        "mailing_id": wanted.mailing_id,
        "enabled": webhook.is_enabled,
        "disabled_at": webhook.disabled_at,
        "disabled_because": webhook.disabled_because,
        "failing_since": webhook.health.failing_since,
        "old_secret_until": webhook.secrets.old_until,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    }
