"""The store of messages: what it gives out, to whom, and what it never forgets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.messages import PostgresMessages
from services.scheduler.adapters.messages_sql import MAILINGS_IN
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.adapters.plans_sql import UNTOLD_ENDS
from services.scheduler.domain.turns import Advance, OpenWave
from services.scheduler.domain.waves import Phase
from services.scheduler.handlers.planning import Planner
from services.scheduler.ports import QUEUED, Batch, Fate, Held, Member
from shared.contracts.commands import Grounds
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.domain.message_id import MessageIds
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import clients, mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHILE_OPEN: dict[str, Any] = {"starts_at": NOON, "ends_at": NOON + 6 * HOUR}


@dataclass
class Store:
    world: World
    messages: PostgresMessages

    async def launch(self, number: int, members: range, **facts: Any) -> MailingChanged:
        """A mailing to these clients, whose only wave is open since noon."""
        world = self.world
        world.clock.by = NOON - datetime.now(UTC)
        planner = Planner(PostgresDirectory(world.engine), PostgresPlans(world.engine), world.clock)
        tag = f"of-{number}"
        await planner.on_clients_changed(clients(members, tags=(tag,)))
        launched = mailing(number, filter={"tags": [tag]}, **(WHILE_OPEN | facts))
        await planner.on_mailing_changed(launched)
        await planner.move_due_waves()
        return launched

    async def waves(self, number: int, now: datetime) -> list[OpenWave]:
        return await self.messages.waves_in(number, Phase.OPEN, now)

    async def emit(self, mailing: MailingChanged) -> Batch:
        """Everybody of the mailing's only wave."""
        waves = await self.waves(mailing.mailing_id, NOON)
        picked = await self.messages.pick(mailing, waves, 100)
        done = [Advance(waves[0].zone, picked[-1].client_id, ended=True)]
        (batch,) = await self.messages.write(mailing, Phase.OPEN, {QUEUED: picked}, done, NOON)
        await self.messages.published(batch)
        return batch

    async def back(self, batch: Batch, dispatch: int = 1, **facts: Any) -> None:
        """The senders give all of it back at one o'clock; it is due at once."""
        grounds = Grounds(
            mailing_id=batch.mailing.mailing_id,
            timezone="Europe/Moscow",
            opens_at=NOON,
            closes_at=NOON + HOUR,
            tzdata="2026b",
            text_revision=batch.mailing.revision,
        )
        events = tuple(returned(m, batch, dispatch, facts) for m in batch.members)
        came_back = DeliveryEvents(kind="returned", grounds=(grounds,), events=events)
        await self.messages.hold(came_back, [NOON + HOUR] * len(events))

    async def held(self, mailing: MailingChanged, limit: int = 100) -> list[Member]:
        return await self.messages.members(Held(mailing), NOON + HOUR, limit)


def returned(member: Member, batch: Batch, dispatch: int, facts: dict[str, Any]) -> DeliveryEvent:
    event: dict[str, Any] = {
        "message_id": member.message_id,
        "mailing_id": batch.mailing.mailing_id,
        "client_id": member.client_id,
        "timezone": member.zone,
        "dispatch": dispatch,
        "attempt": 1,
        "kind": "returned",
        "at": NOON + HOUR,
        "reason": "gate_moved",
        "grounds": 0,
    }
    return DeliveryEvent(**event | facts)


@pytest.fixture
def store(world: World) -> Store:
    return Store(world, PostgresMessages(world.engine, MessageIds(1)))


async def test_an_open_wave_is_not_taken_from_once_it_has_closed(store: Store) -> None:
    await store.launch(1, range(1, 4))
    assert await store.waves(1, NOON + 6 * HOUR - timedelta(milliseconds=1))
    assert not await store.waves(1, NOON + 6 * HOUR)


async def test_a_wave_that_has_not_begun_in_time_is_not_taken_from(store: Store) -> None:
    launched = await store.launch(1, range(1, 4), max_lateness=60)
    assert await store.waves(1, NOON + HOUR)
    assert not await store.waves(1, NOON + HOUR + timedelta(seconds=1))
    waves = await store.waves(1, NOON)
    picked = await store.messages.pick(launched, waves, 1)
    done = [Advance(waves[0].zone, picked[0].client_id, ended=False)]
    await store.messages.write(launched, Phase.OPEN, {QUEUED: picked}, done, NOON)
    assert await store.waves(1, NOON + 5 * HOUR), "it has begun, so it is not late any more"


async def test_a_message_comes_back_once(store: Store) -> None:
    batch = await store.emit(await store.launch(1, range(1, 3)))
    for _ in range(2):
        await store.back(batch)
    held = await store.held(batch.mailing)
    assert [member.dispatch for member in held] == [2, 2]
    assert {member.returned_at for member in held} == {NOON + HOUR}


async def test_what_was_perhaps_said_is_kept_whichever_dispatch_said_it(store: Store) -> None:
    batch = await store.emit(await store.launch(1, range(1, 2), text="old"))
    await store.messages.take_back(batch, batch.members, NOON)
    await store.back(batch, uncertain=True, text="old")  # of the dispatch that was taken back
    await store.back(batch, dispatch=2, uncertain=True, text="new")
    (member,) = await store.held(batch.mailing)
    assert (member.dispatch, member.text, member.text_revision) == (2, "old", 1)


async def test_a_text_is_kept_for_whom_it_was_said_to_only(store: Store) -> None:
    batch = await store.emit(await store.launch(1, range(1, 3)))
    await store.back(batch, text="not uncertain")
    assert {member.text for member in await store.held(batch.mailing)} == {None}


async def test_each_mailing_holds_its_own_and_a_paused_one_is_left_alone(store: Store) -> None:
    first = await store.emit(await store.launch(1, range(1, 6)))
    second = await store.emit(await store.launch(2, range(11, 13)))
    await store.back(first)
    await store.back(second)
    now = NOON + HOUR
    assert [held.mailing.mailing_id for held in await store.messages.holding(now)] == [1, 2]
    assert not await store.messages.holding(now - timedelta(seconds=1))
    assert [m.client_id for m in await store.held(first.mailing, limit=3)] == [1, 2, 3]
    assert [m.client_id for m in await store.held(second.mailing)] == [11, 12]
    async with store.world.engine.begin() as connection:
        await connection.execute(text("UPDATE mailing SET state = 'paused' WHERE id = 1"))
    assert [held.mailing.mailing_id for held in await store.messages.holding(now)] == [2]


async def test_who_waits_for_a_revision_is_not_due(store: Store) -> None:
    batch = await store.emit(await store.launch(1, range(1, 3)))
    await store.back(batch, client_revision=2)
    assert not await store.messages.holding(NOON + HOUR)
    assert not await store.held(batch.mailing)


async def test_of_several_fates_each_has_its_batch_and_its_reason(store: Store) -> None:
    launched = await store.launch(1, range(1, 4))
    waves = await store.waves(1, NOON)
    one, two, three = await store.messages.pick(launched, waves, 100)
    missing = Fate("suppressed", "template_variable_missing", "The client has no name.")
    fates = {QUEUED: [one, three], missing: [two], Fate("expired", "nobody"): []}
    done = [Advance(waves[0].zone, 3, ended=True)]
    batches = await store.messages.write(launched, Phase.OPEN, fates, done, NOON)
    assert [(b.fate, [m.client_id for m in b.members]) for b in batches] == [
        (QUEUED, [1, 3]),
        (missing, [2]),
    ]
    again = await store.messages.unpublished(NOON + HOUR)
    assert [(b.fate, [m.client_id for m in b.members], b.written_at) for b in again] == [
        (QUEUED, [1, 3], NOON),
        (missing, [2], NOON),
    ]


async def test_an_end_that_was_undone_before_it_was_told_is_not_told(store: Store) -> None:
    launched = await store.launch(1, range(1, 2))
    waves = await store.waves(1, NOON)
    picked = await store.messages.pick(launched, waves, 100)
    done = [Advance(waves[0].zone, 1, ended=True)]
    late = Fate("expired", "too_late")
    await store.messages.write(launched, Phase.OPEN, {late: picked}, done, NOON)
    async with store.world.engine.begin() as connection:
        await connection.execute(text("UPDATE message SET state = 'held', dispatch = 2"))
    (batch,) = await store.messages.unpublished(NOON + HOUR)
    assert not batch.members


async def test_no_look_for_waves_goes_through_those_that_have_ended(world: World) -> None:
    asked_often = (*MAILINGS_IN.values(), UNTOLD_ENDS)
    async with world.engine.connect() as connection:
        for look in asked_often:
            plan = (await connection.scalars(text(f"EXPLAIN {look.text}"))).all()
            assert any("wave_not_ended" in line for line in plan), "\n".join(plan)
