"""Answers where one client stands in one mailing: facts only, for the gateway to put into words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.scheduler.domain.replays import within
from services.scheduler.domain.waves import Phase, judge
from shared.contracts.mailings import FilterSpec, MailingChanged
from shared.domain.local_time import Opening
from shared.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """``in_frozen``: None when the mailing's audience is live."""

    deleted: bool
    zone: str
    operator_code: str
    tags: Collection[str]
    in_frozen: bool | None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class ClientWave:
    """The wave that the client belongs to, or to which their message does."""

    zone: str
    phase: Phase
    opens_at: datetime | None
    closes_at: datetime | None
    begun_at: datetime | None
    reason: str | None
    cursor: int


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """``ends_at``: a deadline of its own in place of the mailing's."""

    id: int
    zone: str
    state: str
    dispatch: int
    ended_as: str | None
    reason: str | None
    due_at: datetime | None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClientInMailing:
    """What is kept of a client and a mailing, and of the two together."""

    mailing: MailingChanged
    client_id: int
    client: ClientRecord | None
    wave: ClientWave | None
    message: MessageRecord | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``taken``: the wave has gone past this client. ``opening``: the one they are, or would be,
    sent to in. ``matches_…``: None where the mailing does not ask, or nobody is there."""

    facts: ClientInMailing
    matches_tags: bool | None
    matches_operator_codes: bool | None
    taken: bool | None
    opening: Opening | None


class Records(Protocol):
    async def client_in(self, mailing_id: int, client_id: int) -> ClientInMailing | None:
        """None when the mailing is unknown."""
        ...

    async def messages_of(self, client_id: int) -> list[int]:
        """Of all mailings, by id."""
        ...


class Explanations:
    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def explain(self, mailing_id: int, client_id: int) -> Explanation | None:
        """None when the mailing is unknown."""
        facts = await self._records.client_in(mailing_id, client_id)
        return None if facts is None else explain(facts, self._clock.now())

    async def messages_of(self, client_id: int) -> list[int]:
        return await self._records.messages_of(client_id)


def explain(facts: ClientInMailing, now: datetime) -> Explanation:
    filter_ = facts.mailing.spec.filter
    return Explanation(
        facts=facts,
        matches_tags=_matches_tags(filter_, facts.client),
        matches_operator_codes=_matches_codes(filter_, facts.client),
        taken=None if facts.wave is None else _is_past(facts.wave, facts.client_id),
        opening=_opening(facts, now),
    )


def _is_past(wave: ClientWave, client_id: int) -> bool:
    return wave.phase is Phase.ENDED or wave.cursor >= client_id


def _matches_tags(filter_: FilterSpec, client: ClientRecord | None) -> bool | None:
    if filter_.tags is None or client is None or client.deleted:
        return None
    return not set(filter_.tags).isdisjoint(client.tags)


def _matches_codes(filter_: FilterSpec, client: ClientRecord | None) -> bool | None:
    if filter_.operator_codes is None or client is None or client.deleted:
        return None
    return client.operator_code in filter_.operator_codes


def _opening(facts: ClientInMailing, now: datetime) -> Opening | None:
    if facts.client is None or facts.client.deleted:
        return None
    same_zone = facts.wave is not None and facts.wave.zone == facts.client.zone
    begun_at = facts.wave.begun_at if facts.wave is not None and same_zone else None
    own = facts.message.ends_at if facts.message is not None else None
    mailing = within(facts.mailing, own)
    standing = judge(mailing, facts.client.zone, now, begun_at=begun_at)
    if standing.opens_at is None or standing.closes_at is None:
        return None
    return Opening(standing.opens_at, standing.closes_at)
