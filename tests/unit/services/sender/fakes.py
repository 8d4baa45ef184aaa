"""The sender's ports in memory: what the real ones promise, without their servers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from services.sender.domain.failures import Accepted, Result
from services.sender.domain.outcomes import Outcome, Told
from services.sender.domain.verdicts import LEAST_LEFT, GateState, Look, Recorded
from services.sender.domain.work import Lane, Parcel, Receipt, Work, unpack
from services.sender.ports import RecordedAs
from shared.contracts.commands import Grounds, SendCommand, SendMessages
from shared.contracts.delivery import CallsInFlight, DeliveryEvent, DeliveryEvents
from shared.contracts.gates import Gate

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
MAILING = 7
LEASE = timedelta(seconds=15)

_numbers = count(1)


def command(message_id: int | None = None, **changes: Any) -> SendCommand:
    number = next(_numbers) if message_id is None else message_id
    facts: dict[str, Any] = {
        "message_id": number,
        "client_id": 1000 + number,
        "client_revision": 1,
        "address": f"79{number:09d}",
    }
    return SendCommand(**facts | changes)


def letter(*commands: SendCommand, **changes: Any) -> SendMessages:
    facts = {
        "mailing_id": MAILING,
        "mailing_revision": 1,
        "timezone": "Asia/Tokyo",
        "text": "The bells ring",
        "not_after": START + timedelta(hours=1),
        "commands": commands,
    }
    return SendMessages.model_validate(facts | changes)


def grounds(**changes: Any) -> Grounds:
    facts = {
        "mailing_id": MAILING,
        "timezone": "Asia/Tokyo",
        "opens_at": "2026-11-21T10:00:00+09:00",
        "closes_at": "2026-11-21T20:00:00+09:00",
        "tzdata": "2026b",
        "text_revision": 1,
    }
    return Grounds.model_validate(facts | changes)


@dataclass
class FakeReceipt:
    alive: bool = True
    acked: bool = False
    given_back: bool = False

    async def ack(self) -> None:
        self.acked = True

    async def give_back(self) -> None:
        self.given_back = True


def parcel(
    *commands: SendCommand,
    receipt: Receipt | None = None,
    lane: Lane = Lane.NORMAL,
    **changes: Any,
) -> Parcel:
    return Parcel(letter(*commands, **changes), lane, receipt or FakeReceipt())


def work(its_command: SendCommand | None = None, **changes: Any) -> Work:
    """The only command of its envelope; ``changes`` are the envelope's."""
    return unpack(parcel(its_command or command(), **changes))[0]


class Clock:
    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        return self.instant


@dataclass
class Row:
    recorded: Recorded
    holder: str
    lease_until: datetime | None = None


@dataclass
class Rows:
    """What all senders share."""

    clock: Clock = field(default_factory=Clock)
    ledger: dict[int, Row] = field(default_factory=dict)
    gates: dict[tuple[str, int], GateState] = field(default_factory=dict)


class MemoryGates:
    def __init__(self, rows: Rows) -> None:
        self._gates = rows.gates

    async def store(self, gates: Sequence[Gate]) -> None:
        for gate in gates:
            known = self._gates.get((gate.kind, gate.id))
            if known is None or known.revision < gate.revision:
                self._gates[gate.kind, gate.id] = GateState(gate.revision, gate.closed)


class MemoryLedger:
    """``failing``: raised by every method while set."""

    def __init__(self, rows: Rows, *, holder: str = "me", idempotent: bool = True) -> None:
        self._rows = rows
        self._holder = holder
        self._idempotent = idempotent
        self.failing: Exception | None = None
        self.claims: list[int] = []

    async def claim(self, works: Sequence[Work]) -> Mapping[int, bool]:
        await self._arrive()
        self.claims.append(len(works))
        return {each.message_id: self._take(each) for each in works if self._may_call(each)}

    async def look(self, works: Sequence[Work]) -> Sequence[Look]:
        await self._arrive()
        return [self._look(each) for each in works]

    async def record_calls(self, outcomes: Sequence[Outcome]) -> Mapping[int, RecordedAs]:
        await self._arrive()
        return {o.work.message_id: self._record(o) for o in outcomes if self._may_record(o)}

    async def record_uncalled(self, outcomes: Sequence[Outcome]) -> Mapping[int, bool]:
        await self._arrive()
        recorded: dict[int, bool] = {}
        for outcome in [o for o in outcomes if self._is_due(o.work)]:
            uncertain = self._uncertain(outcome.work) or outcome.uncertain
            self._put(outcome.work, self._of(outcome, outcome.work.command.dispatch, uncertain))
            recorded[outcome.work.message_id] = uncertain
        return recorded

    async def follow(self, tolds: Sequence[Told]) -> None:
        await self._arrive()
        for told in tolds:
            row = self._rows.ledger.get(told.outcome.work.message_id)
            known = None if row is None else row.recorded
            if row and known and known.state == "sent" and known.dispatch < told.dispatch:
                row.recorded = replace(
                    known,
                    dispatch=told.dispatch,
                    attempt=told.attempt,
                    called=told.attempt,
                    detail=told.outcome.detail,
                )

    async def _arrive(self) -> None:
        await asyncio.sleep(0)
        if self.failing is not None:
            raise self.failing

    @property
    def _now(self) -> datetime:
        return self._rows.clock.now()

    def _take(self, its: Work) -> bool:
        uncertain = self._uncertain(its)
        before = self._rows.ledger.get(its.message_id)
        facts = before.recorded if before is not None else None
        claimed = Recorded(
            its.command.dispatch, its.command.attempt, "claimed", uncertain, False, False
        )
        if facts is not None:
            claimed = replace(claimed, called=facts.called, at=facts.at, reason=facts.reason)
        self._put(its, claimed, self._now + LEASE)
        return uncertain

    def _put(self, its: Work, recorded: Recorded, lease_until: datetime | None = None) -> None:
        before = self._rows.ledger.get(its.message_id)
        kept = lease_until or (before.lease_until if before is not None else None)
        self._rows.ledger[its.message_id] = Row(recorded, self._holder, kept)

    def _is_due(self, its: Work) -> bool:
        row = self._rows.ledger.get(its.message_id)
        if row is None:
            return True
        known, its_command = row.recorded, its.command
        if known.state == "sent" or not self._nobody_calls(row):
            return False
        same = its_command.dispatch == known.dispatch and its_command.attempt >= known.attempt
        return its_command.dispatch > known.dispatch or (
            same and known.state in ("retrying", "claimed")
        )

    def _nobody_calls(self, row: Row) -> bool:
        live = row.lease_until is not None and row.lease_until >= self._now
        return row.recorded.state != "claimed" or row.holder == self._holder or not live

    def _may_call(self, its: Work) -> bool:
        look = self._look(its)
        letter, its_command = its.parcel.letter, its.command
        gates = (
            (look.mailing_gate, letter.mailing_revision),
            (look.client_gate, its_command.client_revision),
        )
        if any(gate is not None and gate.stops(revision) for gate, revision in gates):
            return False
        in_time = self._now + LEAST_LEFT < letter.not_after
        return in_time and self._is_due(its) and self._may_repeat(its)

    def _may_repeat(self, its: Work) -> bool:
        row = self._rows.ledger.get(its.message_id)
        if row is None or row.recorded.state != "claimed" or row.holder == self._holder:
            return True
        return self._idempotent

    def _uncertain(self, its: Work) -> bool:
        row = self._rows.ledger.get(its.message_id)
        if row is None:
            return its.command.unknown
        silent = row.recorded.state == "claimed" and row.holder != self._holder
        return its.command.unknown or row.recorded.uncertain or silent

    def _may_record(self, outcome: Outcome) -> bool:
        row = self._rows.ledger.get(outcome.work.message_id)
        if row is None:
            return False
        known, its_command = row.recorded, outcome.work.command
        ours = known.state == "claimed" and row.holder == self._holder
        same = (known.dispatch, known.attempt) == (its_command.dispatch, its_command.attempt)
        news = outcome.kind == "sent" and known.state != "sent"
        return (ours and same) or (news and known.dispatch >= its_command.dispatch)

    def _record(self, outcome: Outcome) -> RecordedAs:
        row = self._rows.ledger[outcome.work.message_id]
        known = row.recorded
        recorded = replace(
            self._of(outcome, known.dispatch, outcome.uncertain),
            called=known.attempt,
            attempt=outcome.due if outcome.kind == "retrying" else known.attempt,
        )
        self._rows.ledger[outcome.work.message_id] = replace(row, recorded=recorded)
        return RecordedAs(known.dispatch, known.attempt)

    def _of(self, outcome: Outcome, dispatch: int, uncertain: bool) -> Recorded:
        return Recorded(
            dispatch=dispatch,
            attempt=outcome.due,
            state=outcome.kind,
            uncertain=uncertain,
            ours=False,
            lease_live=False,
            called=outcome.work.command.attempt,
            at=outcome.at,
            reason=outcome.reason,
            detail=outcome.detail,
            http_status=outcome.http_status,
            latency_ms=outcome.latency_ms,
            next_attempt_at=outcome.next_attempt_at,
            mailing_revision=outcome.mailing_revision,
            client_revision=outcome.client_revision,
        )

    def _look(self, its: Work) -> Look:
        row = self._rows.ledger.get(its.message_id)
        gates = self._rows.gates
        return Look(
            now=self._now,
            recorded=None if row is None else self._seen(row),
            mailing_gate=gates.get(("mailing", its.parcel.letter.mailing_id)),
            client_gate=gates.get(("client", its.command.client_id)),
        )

    def _seen(self, row: Row) -> Recorded:
        live = row.lease_until is not None and row.lease_until >= self._now
        ours = row.holder == self._holder
        return replace(row.recorded, ours=ours, lease_live=live, lease_until=row.lease_until)


class FakeProvider:
    """Answers what ``answer`` says; while ``open`` is not set, calls hang."""

    def __init__(self, answer: Callable[[int], Result] = lambda _: Accepted()) -> None:
        self.answer = answer
        self.calls: list[int] = []
        self.texts: dict[int, str] = {}
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message_id: int, address: str, text: str) -> Result:
        self.calls.append(message_id)
        self.texts[message_id] = text
        await self.open.wait()
        return self.answer(message_id)


class FakeOutbox:
    """``log``: what was published, in order; ``failing``: raised while set."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Any]] = []
        self.failing: Exception | None = None

    async def events(self, message: DeliveryEvents) -> None:
        await self._publish(message.kind, message)

    async def retry(self, tier: int, envelope: SendMessages) -> None:
        await self._publish(f"retry.{tier}", envelope)

    async def in_flight(self, report: CallsInFlight) -> None:
        await self._publish("in_flight", report)

    async def _publish(self, key: str, message: Any) -> None:
        await asyncio.sleep(0)
        if self.failing is not None:
            raise self.failing
        self.log.append((key, message))

    def events_of(self, message_id: int) -> list[DeliveryEvent]:
        batches = [message for _, message in self.log if isinstance(message, DeliveryEvents)]
        events = [event for batch in batches for event in batch.events]
        return [event for event in events if event.message_id == message_id]

    def keys(self) -> list[str]:
        return [key for key, _ in self.log]


@dataclass
class FakeLink:
    up: bool = True
    senders: int = 1

    def may_call(self) -> bool:
        return self.up

    def replicas(self) -> int:
        return self.senders


async def until(condition: Callable[[], bool], patience: float = 5.0) -> None:
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)
