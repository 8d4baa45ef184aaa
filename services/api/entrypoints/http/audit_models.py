"""The JSON of the audit, and its columns as a file."""

import json

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from services.api.domain.audit import Entry
from services.api.entrypoints.http.common import Instant

_EXAMPLE: JsonDict = {
    "id": 12,
    "at": "2027-03-01T09:30:00Z",
    "user": {"id": 1, "email": "admin@example.com"},
    "token_id": None,
    "address": "203.0.113.7",
    "action": "clients.change",
    "subject": "clients/12",
    "facts": {
        "before": {"timezone": "Europe/Moscow"},
        "after": {"timezone": "Asia/Omsk"},
        "fields": ["phone"],
    },
    "request_id": "0b7e3c1e5f6a4e0f9a55d1f3a7c2b964",
}


class UserNamed(BaseModel):
    """`email` is null when the user exists no more."""

    id: int
    email: str | None


class EntryView(BaseModel):
    """Who did what, when and from where."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    at: Instant
    user: UserNamed | None
    token_id: int | None = Field(
        default=None, description="The API token that was used; null after a log-in."
    )
    address: str | None = Field(description="Where the request came from, if that is known.")
    action: str
    subject: str = Field(description="What it was done to.")
    facts: dict[str, JsonValue] = Field(
        description="`before` and `after`: what has changed. `fields`: what else has, by its name"
        " alone, being personal."
    )
    request_id: str | None = Field(description="The `X-Request-ID` of the answer to it.")

    @classmethod
    def of(cls, entry: Entry) -> "EntryView":
        user = None if entry.user_id is None else UserNamed(id=entry.user_id, email=entry.email)
        return cls(
            id=entry.id,
            at=entry.at,
            user=user,
            token_id=entry.token_id,
            address=entry.address or None,
            action=entry.action,
            subject=entry.subject,
            facts=entry.facts,
            request_id=entry.request_id,
        )


COLUMNS = (
    *("id", "at", "user_id", "user", "token_id"),
    *("address", "action", "subject", "facts", "request_id"),
)


def cells(entry: Entry) -> tuple[object, ...]:
    """Place by place as COLUMNS."""
    return (
        entry.id,
        entry.at.isoformat().replace("+00:00", "Z"),
        entry.user_id,
        entry.email,
        entry.token_id,
        entry.address,
        entry.action,
        entry.subject,
        json.dumps(entry.facts, ensure_ascii=False),
        entry.request_id,
    )
