"""What the gateway reads, as JSON: instants in UTC, every status named."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from services.stats.domain.books import MailingBook, audience, listed
from services.stats.ports import MessageLine
from shared.contracts.statuses import Status


class Totals(BaseModel):
    audience: int
    by_status: dict[Status, int]


class OverviewItem(Totals):
    mailing_id: int
    first_sent_at: datetime | None
    last_sent_at: datetime | None

    @classmethod
    def of(cls, book: MailingBook) -> Self:
        return cls(
            mailing_id=book.mailing_id,
            audience=audience(book.by_status),
            by_status=listed(book.by_status),
            first_sent_at=book.first_sent_at,
            last_sent_at=book.last_sent_at,
        )


class Overview(BaseModel):
    items: list[OverviewItem]
    total: Totals


class MessageView(BaseModel):
    id: int
    client_id: int
    timezone: str
    status: Status
    reason: str | None
    detail: str | None
    dispatch: int
    attempts: int
    sent_at: datetime | None
    updated_at: datetime
    next_attempt_at: datetime | None

    @classmethod
    def of(cls, line: MessageLine) -> Self:
        standing = line.standing
        return cls(
            id=standing.message_id,
            client_id=standing.client_id,
            timezone=standing.timezone,
            status=standing.status,
            reason=standing.reason,
            detail=standing.detail,
            dispatch=standing.dispatch,
            attempts=line.attempts,
            sent_at=standing.sent_at,
            updated_at=standing.updated_at,
            next_attempt_at=standing.next_attempt_at,
        )


class MessagePage(BaseModel):
    items: list[MessageView]
    next_cursor: str | None
