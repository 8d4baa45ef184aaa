"""A sender at work between a real database, a real broker and a provider that misbehaves."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from aio_pika.abc import AbstractChannel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.faults import Faults
from deploy.simulator.provider import Provider
from services.sender.adapters.link import BrokerLink
from services.sender.settings import Settings
from services.sender.wiring import running
from shared.contracts.commands import Grounds, SendCommand, SendMessages, SendTogether
from shared.contracts.delivery import CallsInFlight, DeliveryEvent, DeliveryEvents
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.topology import DEAD, EVENTS, SEND, send_key
from tests.support.tap import Tap, publish

TOKEN = "the-token-of-the-tests"
MAILING = 7
TIERS = (1, 2)
END_KINDS = frozenset({"sent", "failed", "unknown", "returned"})

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


def commands(number: int) -> list[SendCommand]:
    return [command() for _ in range(number)]


def envelope(its_commands: Iterable[SendCommand], **changes: Any) -> SendMessages:
    facts = {
        "mailing_id": MAILING,
        "mailing_revision": 1,
        "timezone": "Asia/Tokyo",
        "text": "The bells ring",
        "not_after": datetime.now(UTC) + timedelta(hours=1),
        "commands": tuple(its_commands),
    }
    return SendMessages.model_validate(facts | changes)


@dataclass
class World:
    settings: Settings
    engine: AsyncEngine
    channel: AbstractChannel
    provider: Provider
    tap: Tap = field(default_factory=Tap)
    _batches: list[DeliveryEvents] = field(default_factory=list)
    _read: int = 0

    @asynccontextmanager
    async def sender(self, **changes: Any) -> AsyncIterator[BrokerLink]:
        """One replica, ready to call."""
        link = BrokerLink()
        settings = self.settings.model_copy(update=changes)
        async with running(settings, self.engine, link):
            await until(link.may_call)
            yield link

    async def send(self, *its_commands: SendCommand, urgent: bool = False, **changes: Any) -> None:
        key = send_key("sms", urgent=urgent)
        await publish(self.channel, SEND, key, envelope(its_commands, **changes))

    async def send_together(self, *of_zones: Sequence[SendCommand]) -> None:
        """One message with an envelope for each zone."""
        zones = ("Asia/Tokyo", "Europe/Moscow", "America/New_York")
        envelopes = [envelope(some, timezone=z) for some, z in zip(of_zones, zones, strict=False)]
        await publish(self.channel, SEND, send_key("sms"), SendTogether(envelopes=tuple(envelopes)))

    async def gate(self, *gates: Gate) -> None:
        message = GatesChanged(gates=gates)
        await publish(self.channel, EVENTS, message.key, message)

    async def store_gate(self, kind: str, id_: int, revision: int, *, closed: bool) -> None:
        """As if a gate had come before the sender was there."""
        await self.execute(
            "INSERT INTO gate (kind, id, revision, closed) VALUES (:kind, :id, :revision, :closed)",
            {"kind": kind, "id": id_, "revision": revision, "closed": closed},
        )

    async def record(self, its_command: SendCommand, state: str, **columns: Any) -> None:
        """Put a row into the ledger, as another sender would have left it."""
        row = {
            "message_id": its_command.message_id,
            "mailing_id": MAILING,
            "client_id": its_command.client_id,
            "timezone": "Asia/Tokyo",
            "dispatch": its_command.dispatch,
            "attempt": its_command.attempt,
            "state": state,
            "uncertain": False,
            "holder": "another-sender",
        } | columns
        names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        await self.execute(f"INSERT INTO ledger ({names}) VALUES ({values})", row)  # noqa: S608

    async def execute(self, statement: str, values: dict[str, Any]) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def row(self, message_id: int) -> dict[str, Any]:
        async with self.engine.begin() as connection:
            found = await connection.execute(
                text("SELECT * FROM ledger WHERE message_id = :id"), {"id": message_id}
            )
            return dict(found.mappings().one())

    def batches(self) -> list[DeliveryEvents]:
        """Everything told so far; each is decoded once, for waiting asks again and again."""
        for key, body in self.tap.taken[self._read :]:
            if key.startswith("delivery.") and key != CallsInFlight.routing_key:
                self._batches.append(DeliveryEvents.decode(body))
        self._read = len(self.tap.taken)
        return self._batches

    def events(self, message_id: int | None = None) -> list[DeliveryEvent]:
        events = [event for batch in self.batches() for event in batch.events]
        return [event for event in events if message_id in (None, event.message_id)]

    def told(self, message_id: int) -> list[tuple[DeliveryEvent, Grounds | None]]:
        """The message's events, with the grounds that they name."""
        return [
            (event, None if event.grounds is None else batch.grounds[event.grounds])
            for batch in self.batches()
            for event in batch.events
            if event.message_id == message_id
        ]

    def kinds(self, message_id: int) -> list[str]:
        return [event.kind for event in self.events(message_id)]

    async def ended(self, *its_commands: SendCommand, times: int = 1) -> list[DeliveryEvent]:
        """Waits until each has its end ``times`` times over, and returns the first one's last."""

        def all_ended() -> bool:
            ends = Counter(e.message_id for e in self.events() if e.kind in END_KINDS)
            return all(ends[one.message_id] >= times for one in its_commands)

        await self.tap.until(all_ended)
        return self.events(its_commands[0].message_id)

    def parked(self) -> int:
        return sum(key == DEAD for key, _ in self.tap.taken)

    async def left_in(self, queue: str) -> int:
        """Messages of a queue once no sender has any in hand; giving back takes a moment."""
        await asyncio.sleep(0.3)
        answer = await self.channel.declare_queue(queue, passive=True)
        return answer.declaration_result.message_count or 0

    def accepted(self, its_command: SendCommand) -> int:
        """How often the provider accepted the message."""
        books = self.provider.books
        row = books._row.get(its_command.message_id)
        return 0 if row is None else books._counts[row]

    def misbehave(self, **faults: Any) -> None:
        self.provider.misbehave(Faults(**faults))


async def until(condition: Callable[[], bool], patience: float = 15.0) -> None:
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)
