"""The JSON of the desk: what it shows. Groups are passed on as handlers make them; this documents
them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.dead_letters import DeadStatus
from services.api.domain.parked import Parked, State
from services.api.domain.replays import Outcome
from services.api.entrypoints.http.common import Instant

MOST_SKIPPED_SHOWN = 100

_GROUP: JsonDict = {
    "id": "WzcsImZhaWxlZCIsInJlamVjdGVkIiw0MDAsbnVsbF0",
    "mailing_id": 7,
    "mailing_name": "Spring",
    "status": "failed",
    "reason": "rejected",
    "detail": "The provider refused the message. (HTTP 400)",
    "http_status": 400,
    "messages": 120,
    "first_at": "2027-03-01T07:00:01Z",
    "last_at": "2027-03-01T07:12:40Z",
    "sample": {
        "message_id": 3_502_146_723_328,
        "client_id": 12,
        "request": {
            "method": "POST",
            "path": "/v1/send/3502146723328",
            "body": {"id": 3_502_146_723_328, "phone": "7916*****67", "text": None},
        },
        "answer": {
            "http_status": 400,
            "latency_ms": 35,
            "detail": "The provider refused the message. (HTTP 400)",
        },
        "at": "2027-03-01T07:12:40Z",
        "dispatch": 1,
        "attempt": 1,
        "text_sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
    },
}
_PARKED: JsonDict = {
    "id": 3,
    "queue": "scheduler.events",
    "exchange": "carillon.events",
    "routing_key": "mailing.changed",
    "why": "rejected",
    "bytes": 412,
    "times": 1,
    "parked_at": "2027-03-01T07:00:00Z",
    "state": "parked",
    "replayed_at": None,
}
_OUTCOME: JsonDict = {
    "messages": 120,
    "mailings": [{"mailing_id": 7, "messages": 120, "revision": 4}],
    "skipped": [
        {
            "message_id": 3_502_146_723_329,
            "parked_id": None,
            "reason": "It is no message of a mailing that is failed or unknown.",
        }
    ],
    "left": 0,
}


class SentBody(BaseModel):
    """Without the text, and with as much of the phone as may be seen."""

    id: int
    phone: str | None
    text: None


class SampleRequest(BaseModel):
    method: Literal["POST"]
    path: str
    body: SentBody


class SampleAnswer(BaseModel):
    http_status: int | None
    latency_ms: int | None
    detail: str | None


class Sample(BaseModel):
    """The latest message of a group, and its last call."""

    message_id: int
    client_id: int
    request: SampleRequest
    answer: SampleAnswer
    at: Instant
    dispatch: int
    attempt: int
    text_sha256: str | None = Field(description="Of the text as it was sent, in UTF-8.")


class GroupView(BaseModel):
    """Messages of a mailing that ended alike."""

    model_config = ConfigDict(json_schema_extra={"examples": [_GROUP]})

    id: str
    mailing_id: int
    mailing_name: str | None
    status: DeadStatus
    reason: str | None
    detail: str | None
    http_status: int | None
    messages: int
    first_at: Instant
    last_at: Instant
    sample: Sample


class ParkedView(BaseModel):
    """A message that no consumer could read. Its body is not shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PARKED]})

    id: int
    queue: str | None = Field(description="Whose consumer could not read it.")
    exchange: str | None
    routing_key: str | None
    why: str | None = Field(description="`rejected`, or `delivery_limit`: delivered too often.")
    bytes: int
    times: int = Field(description="How often it was parked by now.")
    parked_at: Instant
    state: State
    replayed_at: Instant | None

    @classmethod
    def of(cls, one: Parked) -> "ParkedView":
        place = one.death.place
        return cls(
            id=one.id,
            queue=one.death.queue,
            exchange=None if place is None else place.exchange,
            routing_key=None if place is None else place.routing_key,
            why=one.death.why,
            bytes=one.bytes,
            times=one.times,
            parked_at=one.parked_at,
            state=one.state,
            replayed_at=one.replayed_at,
        )


class ShareView(BaseModel):
    mailing_id: int
    messages: int
    revision: int = Field(description="The mailing's, after this.")


class SkippedView(BaseModel):
    message_id: int | None
    parked_id: int | None
    reason: str


class OutcomeView(BaseModel):
    """What was done, or would be; `skipped` names the first hundred to which nothing is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OUTCOME]})

    messages: int
    mailings: list[ShareView]
    skipped: list[SkippedView]
    left: int = Field(description="How many more there are: ask again.")

    @classmethod
    def of(cls, outcome: Outcome) -> "OutcomeView":
        return cls(
            messages=outcome.messages,
            mailings=[
                ShareView(mailing_id=one.mailing_id, messages=one.messages, revision=one.revision)
                for one in outcome.mailings
            ],
            skipped=[
                SkippedView(message_id=one.message_id, parked_id=one.parked_id, reason=one.reason)
                for one in outcome.skipped[:MOST_SKIPPED_SHOWN]
            ],
            left=outcome.left,
        )
