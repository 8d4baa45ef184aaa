"""The desk: what failed, or may have, and what nobody could read."""

from typing import Literal

from carillon.models.base import Instant, Model, Words


class DeadStatus(Words):
    FAILED = "failed"
    UNKNOWN = "unknown"


class ParkedState(Words):
    PARKED = "parked"
    REPLAYED = "replayed"


class SentBody(Model):
    """Without the text, and with as much of the phone as may be seen."""

    id: int
    phone: str | None
    text: None


class SampleRequest(Model):
    method: Literal["POST"]
    path: str
    body: SentBody


class SampleAnswer(Model):
    http_status: int | None
    latency_ms: int | None
    detail: str | None


class Sample(Model):
    """The latest message of a group, and its last call."""

    message_id: int
    client_id: int
    request: SampleRequest
    answer: SampleAnswer
    at: Instant
    dispatch: int
    attempt: int
    text_sha256: str | None


class DeadGroup(Model):
    """Messages of a mailing that ended alike."""

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


class Parked(Model):
    """A message that no consumer could read."""

    id: int
    queue: str | None
    exchange: str | None
    routing_key: str | None
    why: str | None
    bytes: int
    times: int
    parked_at: Instant
    state: ParkedState
    replayed_at: Instant | None


class Share(Model):
    """``revision``: the mailing's, after this."""

    mailing_id: int
    messages: int
    revision: int


class Skipped(Model):
    message_id: int | None
    parked_id: int | None
    reason: str


class Outcome(Model):
    """What was done, or would be; ``skipped``: the first hundred; ``left``: ask again for them."""

    messages: int
    mailings: list[Share]
    skipped: list[Skipped]
    left: int
