"""What a person decided is applied, told of, and written to the log without anything personal."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.replaying import Moved, Replays
from services.scheduler.ports import Batch, Fate
from shared.contracts.replays import MessagesReplayed, MessagesResolved, Replay, Resolved
from tests.support.examples import mailing
from tests.unit.services.scheduler.handlers.test_emission import NOON, House, member

YESTERDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
REPLAYED = MessagesReplayed(
    mailing_id=1,
    revision=2,
    messages=(Replay(message_id=5, dispatch=1), Replay(message_id=6, dispatch=1)),
)
RESOLVED = MessagesResolved.model_validate(
    {
        "mailing_id": 1,
        "at": YESTERDAY,
        "as": "sent",
        "messages": (Resolved(message_id=5, dispatch=1),),
    }
)


@dataclass
class FakeStore:
    moved: Moved
    batch: Batch | None = None
    replayed_at: list[datetime] = field(default_factory=list)

    async def replay(self, replayed: MessagesReplayed, now: datetime) -> Moved:
        self.replayed_at.append(now)
        return self.moved

    async def resolve(self, resolved: MessagesResolved) -> tuple[Moved, Batch | None]:
        return self.moved, self.batch


def replays(store: FakeStore, house: House) -> Replays:
    return Replays(store, Publishing(house, house, house, per_envelope=100), house)


async def test_a_replay_is_told_of_when_it_is_handed_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    house, store = House(), FakeStore(Moved(1, strangers=[6]))
    await replays(store, house).on_replayed(REPLAYED)
    assert store.replayed_at == [NOON]
    assert not house.told
    done, stranger = caplog.records
    assert vars(done).items() >= {"mailing_id": 1, "asked": 2, "moved": 1}.items()
    assert vars(stranger).items() >= {"mailing_id": 1, "message_id": 6}.items()
    assert stranger.levelno == logging.WARNING


async def test_what_was_found_out_is_told_as_of_when_it_was() -> None:
    batch = Batch(
        3, mailing(1), Fate("sent", "resolved", "Why."), [member(5, dispatch=2)], YESTERDAY
    )
    house = House(waiting=[batch])
    await replays(FakeStore(Moved(1), batch), house).on_resolved(RESOLVED)
    [told] = house.told
    [event] = told.events
    assert (told.kind, event.reason, event.detail) == ("sent", "resolved", "Why.")
    assert (event.dispatch, event.attempt, event.at) == (2, 0, YESTERDAY)
    assert not house.waiting
    assert not house.sent


async def test_what_was_resolved_before_is_not_told_again() -> None:
    house = House()
    await replays(FakeStore(Moved(0)), house).on_resolved(RESOLVED)
    assert not house.told
