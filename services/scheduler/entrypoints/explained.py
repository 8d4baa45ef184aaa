"""Where a client stands in a mailing, as JSON."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from services.scheduler.handlers.explaining import (
    ClientRecord,
    ClientWave,
    Explanation,
    MessageRecord,
)
from shared.contracts.mailings import MailingChanged


class MailingView(BaseModel):
    state: str
    revision: int

    @classmethod
    def of(cls, mailing: MailingChanged) -> Self:
        return cls(state=mailing.state, revision=mailing.revision)


class ClientView(BaseModel):
    """Of a deleted client nothing is kept."""

    deleted: bool
    timezone: str | None
    matches_tags: bool | None
    matches_operator_codes: bool | None
    in_frozen: bool | None
    blocked: bool

    @classmethod
    def of(cls, client: ClientRecord, explained: Explanation) -> Self:
        return cls(
            deleted=client.deleted,
            timezone=None if client.deleted else client.zone,
            matches_tags=explained.matches_tags,
            matches_operator_codes=explained.matches_operator_codes,
            in_frozen=client.in_frozen,
            blocked=client.blocked,
        )


class WaveView(BaseModel):
    timezone: str
    phase: str
    opens_at: datetime | None
    closes_at: datetime | None
    reason: str | None
    taken: bool

    @classmethod
    def of(cls, wave: ClientWave, *, taken: bool) -> Self:
        return cls(
            timezone=wave.zone,
            phase=wave.phase,
            opens_at=wave.opens_at,
            closes_at=wave.closes_at,
            reason=wave.reason,
            taken=taken,
        )


class MessageView(BaseModel):
    id: int
    state: str
    dispatch: int
    ended_as: str | None
    reason: str | None
    due_at: datetime | None
    timezone: str

    @classmethod
    def of(cls, message: MessageRecord) -> Self:
        return cls(
            id=message.id,
            state=message.state,
            dispatch=message.dispatch,
            ended_as=message.ended_as,
            reason=message.reason,
            due_at=message.due_at,
            timezone=message.zone,
        )


class Span(BaseModel):
    opens_at: datetime
    closes_at: datetime


class ExplanationView(BaseModel):
    mailing_id: int
    client_id: int
    mailing: MailingView
    client: ClientView | None
    wave: WaveView | None
    message: MessageView | None
    opening: Span | None

    @classmethod
    def of(cls, explained: Explanation) -> Self:
        facts, opening = explained.facts, explained.opening
        return cls(
            mailing_id=facts.mailing.mailing_id,
            client_id=facts.client_id,
            mailing=MailingView.of(facts.mailing),
            client=facts.client and ClientView.of(facts.client, explained),
            wave=facts.wave and WaveView.of(facts.wave, taken=bool(explained.taken)),
            message=facts.message and MessageView.of(facts.message),
            opening=opening and Span(opens_at=opening.opens_at, closes_at=opening.closes_at),
        )
