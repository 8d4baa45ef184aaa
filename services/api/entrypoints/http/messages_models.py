"""The JSON of one message. It is passed on as the stats service gives it; this documents it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.entrypoints.http.common import Instant
from shared.contracts.statuses import Status

_EXAMPLE: JsonDict = {
    "id": 3_502_146_723_328,
    "mailing_id": 7,
    "mailing_name": "Spring",
    "test": False,
    "client_id": 12,
    "phone": "79161234567",
    "name": "Ann",
    "timezone": "Europe/Moscow",
    "status": "delivered",
    "reason": None,
    "detail": None,
    "dispatch": 1,
    "sent_at": "2027-03-01T07:00:01Z",
    "updated_at": "2027-03-01T07:00:04Z",
    "next_attempt_at": None,
    "receipt": {
        "status": "delivered",
        "at": "2027-03-01T07:00:04Z",
        "reason": None,
        "provider": "sms",
    },
    "template": 'Hello {{ name|default("friend") }}!',
    "attempts": [
        {
            "dispatch": 1,
            "attempt": 1,
            "outcome": "sent",
            "started_at": "2027-03-01T07:00:00.900Z",
            "answered_at": "2027-03-01T07:00:01Z",
            "started_at_local": "2027-03-01T10:00:00.900+03:00",
            "utc_offset": "+03:00",
            "in_window": True,
            "latency_ms": 100,
            "http_status": 200,
            "reason": None,
            "detail": None,
            "text_sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
            "text_revision": 1,
            "window": {
                "timezone": "Europe/Moscow",
                "opens_at": "2027-03-01T07:00:00Z",
                "closes_at": "2027-03-01T17:00:00Z",
                "opens_at_local": "2027-03-01T10:00:00+03:00",
                "closes_at_local": "2027-03-01T20:00:00+03:00",
                "tzdata": "2026.2",
            },
        }
    ],
}


class Opening(BaseModel):
    """The hours in which the call was allowed; `tzdata`: the release they were reckoned by."""

    timezone: str
    opens_at: Instant
    closes_at: Instant
    opens_at_local: datetime
    closes_at_local: datetime
    tzdata: str


class Attempt(BaseModel):
    """One call to the provider, or the message's return to the plan without one."""

    dispatch: int
    attempt: int
    outcome: str
    started_at: Instant | None
    answered_at: Instant
    started_at_local: datetime | None = Field(description="By the client's clock.")
    utc_offset: str | None
    in_window: bool | None
    latency_ms: int | None
    http_status: int | None
    reason: str | None
    detail: str | None
    text_sha256: str | None = Field(description="Of the text as it was sent, in UTF-8.")
    text_revision: int | None = Field(description="The mailing's revision whose text it was.")
    window: Opening | None


class ReceiptView(BaseModel):
    """What the provider has heard of the message that it had accepted."""

    status: Literal["delivered", "undelivered"]
    at: Instant = Field(description="By the provider's clock.")
    reason: str | None
    provider: str


class MessageProof(BaseModel):
    """What happened to one message, call by call, in UTC and by the client's clock.

    `phone` and `name` are null when the client has been deleted.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    mailing_id: int
    mailing_name: str | None
    test: bool = Field(description="A test message: in nobody's statistics.")
    client_id: int | None
    phone: str | None
    name: str | None
    timezone: str
    status: Status
    reason: str | None
    detail: str | None
    dispatch: int
    sent_at: Instant | None
    updated_at: Instant
    next_attempt_at: Instant | None
    receipt: ReceiptView | None = Field(default=None, description="The one that counts.")
    template: str | None = Field(description="The mailing's text that was last sent by.")
    attempts: list[Attempt]
