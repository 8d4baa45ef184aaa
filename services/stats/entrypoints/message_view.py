"""One message with all its calls, as JSON: when each was made by UTC and by the client's clock."""

from datetime import UTC, datetime
from typing import Self

from pydantic import BaseModel

from services.stats.domain.calls import Call, wall_clock
from services.stats.domain.receipts import Receipt
from services.stats.ports import MessageStory
from shared.contracts.commands import Grounds
from shared.contracts.statuses import Status


class Window(BaseModel):
    """The hours a call belonged to, and the release of the tz database they were found in."""

    timezone: str
    opens_at: datetime
    closes_at: datetime
    opens_at_local: str
    closes_at_local: str
    tzdata: str

    @classmethod
    def of(cls, grounds: Grounds) -> Self:
        return cls(
            timezone=grounds.timezone,
            opens_at=grounds.opens_at.astimezone(UTC),
            closes_at=grounds.closes_at.astimezone(UTC),
            opens_at_local=grounds.opens_at.isoformat(),
            closes_at_local=grounds.closes_at.isoformat(),
            tzdata=grounds.tzdata,
        )


class CallView(BaseModel):
    """``started_at`` and what follows from it are null where no call was made, or where nobody
    knows how long it took."""

    dispatch: int
    attempt: int
    outcome: str
    started_at: datetime | None
    answered_at: datetime
    started_at_local: str | None
    utc_offset: str | None
    in_window: bool | None
    latency_ms: int | None
    http_status: int | None
    reason: str | None
    detail: str | None
    text_sha256: str | None
    text_revision: int | None
    window: Window | None

    @classmethod
    def of(cls, call: Call, timezone: str) -> Self:
        """``timezone``: the message's, for calls without grounds."""
        grounds, started = call.grounds, call.started_at
        local = wall_clock(started, grounds, timezone) if started is not None else None
        return cls(
            dispatch=call.dispatch,
            attempt=call.attempt,
            outcome=call.kind,
            started_at=started,
            answered_at=call.at,
            started_at_local=local.isoformat() if local is not None else None,
            utc_offset=_offset(local) if local is not None else None,
            in_window=call.in_window,
            latency_ms=call.latency_ms,
            http_status=call.http_status,
            reason=call.reason,
            detail=call.detail,
            text_sha256=call.text_sha256,
            text_revision=grounds.text_revision if grounds is not None else None,
            window=Window.of(grounds) if grounds is not None else None,
        )


class ReceiptView(BaseModel):
    status: Status
    at: datetime
    reason: str | None
    provider: str

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        return cls(
            status=receipt.status,
            at=receipt.at.astimezone(UTC),
            reason=receipt.reason,
            provider=receipt.provider,
        )


class MessageDetail(BaseModel):
    id: int
    mailing_id: int
    client_id: int
    timezone: str
    status: Status
    reason: str | None
    detail: str | None
    dispatch: int
    sent_at: datetime | None
    updated_at: datetime
    next_attempt_at: datetime | None
    receipt: ReceiptView | None
    attempts: list[CallView]

    @classmethod
    def of(cls, story: MessageStory) -> Self:
        standing = story.standing
        return cls(
            id=standing.message_id,
            mailing_id=standing.mailing_id,
            client_id=standing.client_id,
            timezone=standing.timezone,
            status=standing.status,
            reason=standing.reason,
            detail=standing.detail,
            dispatch=standing.dispatch,
            sent_at=standing.sent_at,
            updated_at=standing.updated_at,
            next_attempt_at=standing.next_attempt_at,
            receipt=story.receipt and ReceiptView.of(story.receipt),
            attempts=[CallView.of(call, standing.timezone) for call in story.calls],
        )


def _offset(local: datetime) -> str:
    """``+03:00``: what follows the seconds."""
    return local.isoformat(timespec="seconds")[len("2026-01-01T00:00:00") :]
