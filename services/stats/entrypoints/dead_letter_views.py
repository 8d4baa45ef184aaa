"""Dead letters as JSON, and the names of their groups as the gateway gives them back."""

import base64
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from services.stats.domain.dead_letters import Cause, DeadLetter, Group
from shared.contracts.statuses import Status

DeadStatus = Literal[Status.FAILED, Status.UNKNOWN]
# No text of the database holds a NUL.
Word = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=1_000)]
MailingId = Annotated[int, Field(ge=1, lt=2**63)]
HttpStatus = Annotated[int, Field(ge=100, le=999)]


class CauseView(BaseModel):
    """The name of a group: all five, null being a value like any other."""

    mailing_id: MailingId
    status: DeadStatus
    reason: Word | None
    http_status: HttpStatus | None
    detail: Word | None

    @classmethod
    def of(cls, cause: Cause) -> Self:
        return cls.model_validate(cause._asdict())

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Raises ValueError."""
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return cls.model_validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))

    @property
    def cause(self) -> Cause:
        return Cause(self.mailing_id, self.status, self.reason, self.http_status, self.detail)

    @property
    def cursor(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")


class SampleView(BaseModel):
    """A message of the group, and the last call that was made for it."""

    message_id: int
    client_id: int
    timezone: str
    dispatch: int
    attempt: int
    at: datetime
    latency_ms: int | None
    http_status: int | None
    text_sha256: str | None


class GroupView(BaseModel):
    group: CauseView
    messages: int
    first_at: datetime
    last_at: datetime
    sample: SampleView

    @classmethod
    def of(cls, group: Group) -> Self:
        return cls(
            group=CauseView.of(group.cause),
            messages=group.messages,
            first_at=group.first_at,
            last_at=group.last_at,
            sample=SampleView.model_validate(group.sample._asdict()),
        )


class GroupPage(BaseModel):
    items: list[GroupView]
    next_cursor: str | None


class DeadLetterView(BaseModel):
    message_id: int
    mailing_id: int
    client_id: int
    dispatch: int
    status: Status
    text_sha256: str | None

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls.model_validate(letter._asdict())


class DeadLetterPage(BaseModel):
    items: list[DeadLetterView]
    next_after: int | None
