"""Messages that came back and of which nobody here has heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.scheduler.domain.uncertain import PERHAPS_ACCEPTED
from services.scheduler.handlers.adopting import SUPERSEDED, Adoption
from shared.contracts.base import Message
from shared.contracts.commands import SendMessages
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


@dataclass
class FakeFoundlings:
    superseded: set[int] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)

    async def adopt(
        self, returned: Sequence[DeliveryEvent], due_at: Sequence[datetime]
    ) -> set[int]:
        assert len(due_at) == len(returned)
        self.asked += [event.message_id for event in returned]
        return self.superseded


@dataclass
class FakeOutlet:
    told: list[DeliveryEvent] = field(default_factory=list)

    async def tell(self, message: Message) -> None:
        assert isinstance(message, DeliveryEvents)
        assert {event.kind for event in message.events} == {message.kind}
        self.told += message.events

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        raise AssertionError("nobody is sent to")


def returned(number: int, **changes: Any) -> DeliveryEvent:
    facts: dict[str, Any] = {
        "message_id": number,
        "mailing_id": 7,
        "client_id": number,
        "timezone": "Asia/Tokyo",
        "dispatch": 2,
        "attempt": 1,
        "kind": "returned",
        "at": NOW,
    }
    return DeliveryEvent(**facts | changes)


async def tell(strays: FakeFoundlings, *events: DeliveryEvent) -> list[DeliveryEvent]:
    outlet = FakeOutlet()
    adoption = Adoption(strays, outlet, Clock())
    await adoption.on_returned(DeliveryEvents(kind="returned", events=events))
    return outlet.told


async def test_who_was_adopted_is_nothing_to_tell_of() -> None:
    strays = FakeFoundlings()
    assert await tell(strays, returned(1), returned(2)) == []
    assert strays.asked == [1, 2]


async def test_a_stray_whose_client_has_another_message_is_ended_in_the_books() -> None:
    told = await tell(
        FakeFoundlings({1, 3}), returned(1), returned(2), returned(3, uncertain=True, text="Hi")
    )
    assert [(event.message_id, event.dispatch, event.kind, event.reason) for event in told] == [
        (1, 3, "cancelled", SUPERSEDED),
        (3, 3, "unknown", SUPERSEDED),
    ]
    assert [event.detail for event in told] == [None, PERHAPS_ACCEPTED]


async def test_told_once_more_it_is_the_same_event() -> None:
    first = await tell(FakeFoundlings({1}), returned(1))
    assert await tell(FakeFoundlings({1}), returned(1)) == first


async def test_trials_and_those_whose_text_is_lost_are_not_adopted() -> None:
    strays = FakeFoundlings()
    assert await tell(strays, returned(1, mailing_id=0), returned(2, uncertain=True)) == []
    assert strays.asked == []
