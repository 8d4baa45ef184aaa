"""Why a client got a mailing, will get it, or does not."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.explain_checks import Check
from services.api.domain.explain_facts import Explanation, Verdict
from services.api.domain.explain_words import local_time
from services.api.domain.rights import Right
from services.api.entrypoints.http.common import Id, Instant, Who, Wired
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers.explain import explain_client
from shared.contracts.statuses import Status

router = APIRouter(prefix="/clients/{client_id}", tags=["clients"])

MailingId = Annotated[int, Query(ge=1, lt=2**63)]

_EXAMPLE: JsonDict = {
    "client_id": 12,
    "mailing_id": 7,
    "verdict": "will_be_sent",
    "status": "waiting",
    "reason": None,
    "explanation": "The message is sent when the client's window opens,"
    " on 2027-03-28 at 10:00 (Europe/Berlin).",
    "expected_at": "2027-03-28T08:00:00Z",
    "timezone": "Europe/Berlin",
    "opens_at": "2027-03-28T08:00:00Z",
    "closes_at": "2027-03-28T18:00:00Z",
    "opens_at_local": "2027-03-28T10:00:00+02:00",
    "closes_at_local": "2027-03-28T20:00:00+02:00",
    "message_id": None,
    "checks": [
        {
            "check": "launched",
            "passed": True,
            "detail": "It was launched on 2027-03-20 at 12:00 (UTC).",
        }
    ],
}


class CheckView(BaseModel):
    """One thing that was looked at; `passed` is null when it does not apply."""

    check: str
    passed: bool | None
    detail: str


class ExplanationView(BaseModel):
    """The verdict, in a word and in a sentence, and what it was reached by.

    `will_be_sent` without `expected_at` waits for a person: for a paused mailing to be resumed.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    client_id: int
    mailing_id: int
    verdict: Verdict
    status: Status | None = Field(description="Of the message; null when there is and will be none")
    reason: str | None
    explanation: str
    expected_at: Instant | None
    timezone: str | None
    opens_at: Instant | None
    closes_at: Instant | None
    opens_at_local: datetime | None
    closes_at_local: datetime | None
    message_id: int | None
    checks: list[CheckView]

    @classmethod
    def of(cls, client_id: int, mailing_id: int, found: Explanation, checks: list[Check]) -> Self:
        opens_at, closes_at = (
            (found.hours.opens_at, found.hours.closes_at) if found.hours else (None, None)
        )
        return cls(
            client_id=client_id,
            mailing_id=mailing_id,
            verdict=found.verdict,
            status=found.status,
            reason=found.reason,
            explanation=found.explanation,
            expected_at=found.expected_at,
            timezone=found.timezone,
            opens_at=opens_at,
            closes_at=closes_at,
            opens_at_local=local_time(opens_at, found.timezone),
            closes_at_local=local_time(closes_at, found.timezone),
            message_id=found.message_id,
            checks=[
                CheckView(check=one.check, passed=one.passed, detail=one.detail) for one in checks
            ],
        )


@router.get(
    "/explain",
    summary="Why a client got a mailing, or did not",
    **guarded(Right.STATISTICS_READ, also=(404,)),
)
async def explain(client_id: Id, mailing_id: MailingId, wired: Wired, who: Who) -> ExplanationView:
    """404 when there never was such a client, or mailing. A deleted one is still explained."""
    found, checks = await explain_client(wired, client_id, mailing_id, who.scope)
    return ExplanationView.of(client_id, mailing_id, found, checks)
