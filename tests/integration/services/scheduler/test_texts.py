"""Each client their own text, and never two: what was perhaps said is said again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.messages import PostgresMessages
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.adapters.said import PostgresSaid
from services.scheduler.handlers.emission import Emitter
from services.scheduler.handlers.forgetting import Forgetting
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.returning import Returns
from shared.contracts.base import Message
from shared.contracts.commands import SendCommand, SendMessages
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.contracts.directory import ClientsChanged
from shared.contracts.progress import MailingEmitted
from shared.domain.message_id import MessageIds
from shared.domain.zones import tzdata_version
from shared.runtime.broker import PublishFailed
from shared.runtime.clock import SystemClock
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, clients, mailing

HELLO = "Hello {{ name }} of {{ attributes.city|default('the north') }}"


def olga(**changes: Any) -> ClientsChanged:
    facts = {"name": "Olga", "attributes": {"city": "Omsk"}} | changes
    return ClientsChanged(clients=(client(1, **facts),))


async def emitted(world: World, envelopes: int) -> list[SendMessages]:
    await world.tap.until(lambda: len(world.envelopes()) >= envelopes)
    return world.envelopes()


def returned(envelope: SendMessages, command: SendCommand, **facts: Any) -> DeliveryEvents:
    """The channel stopped at once; nothing was said unless the facts say otherwise."""
    assert envelope.grounds is not None
    said = command.text or envelope.text
    event: dict[str, Any] = {
        "message_id": command.message_id,
        "mailing_id": envelope.mailing_id,
        "client_id": command.client_id,
        "timezone": envelope.timezone,
        "dispatch": command.dispatch,
        "attempt": 1,
        "kind": "returned",
        "at": datetime.now(UTC),
        "reason": "gate_moved",
        "grounds": 0,
        "text_sha256": sha256(said.encode()).hexdigest(),
    }
    events = (DeliveryEvent(**event | facts),)
    return DeliveryEvents(kind="returned", grounds=(envelope.grounds,), events=events)


async def test_a_template_is_rendered_for_each_client(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.event(olga())
        await world.event(clients([2], name="Anna"), mailing(1, text=HELLO))
        await world.tap.until(lambda: len(world.commands()) == 2)
    assert {c.client_id: c.text for c in world.commands()} == {
        1: "Hello Olga of Omsk",
        2: "Hello Anna of the north",
    }
    assert {envelope.text for envelope in world.envelopes()} == {""}


async def test_who_lacks_a_variable_is_suppressed_and_told_why(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(olga(), clients([2, 3]), mailing(1, text=HELLO))
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
        await tap.until(lambda: bool(tap.of("delivery.suppressed", DeliveryEvents)))
    assert [c.client_id for c in world.commands()] == [1]
    (suppressed,) = tap.of("delivery.suppressed", DeliveryEvents)
    assert {e.client_id for e in suppressed.events} == {2, 3}
    assert {(e.reason, e.detail) for e in suppressed.events} == {
        ("template_variable_missing", "The client has no name.")
    }
    assert tap.of("progress.emitted", MailingEmitted)[0].messages == 3
    assert (
        await world.count(
            "SELECT count(*) FROM message WHERE state = 'ended' AND ended_as = 'suppressed'"
            " AND reason = 'template_variable_missing'"
        )
        == 2
    )


async def test_a_text_that_needs_less_brings_the_suppressed_back(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(olga(), clients([2]), mailing(1, text=HELLO))
        await tap.until(lambda: bool(tap.of("delivery.suppressed", DeliveryEvents)))
        await world.event(mailing(1, revision=2, text="Hello {{ name|default('friend') }}"))
        await tap.until(lambda: len(world.commands()) == 2)
    first, second = world.commands()
    assert (first.client_id, first.dispatch, first.text) == (1, 1, "Hello Olga of Omsk")
    assert (second.client_id, second.dispatch, second.text) == (2, 2, "Hello friend")
    assert await world.count("SELECT count(*) FROM message WHERE ended_as IS NULL") == 2


async def test_what_came_back_unsaid_says_what_the_mailing_says_now(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.event(olga(), mailing(1, text="old"))
        (first,) = await emitted(world, 1)
        await world.event(mailing(1, revision=2, text=HELLO), returned(first, first.commands[0]))
        _, again = await emitted(world, 2)
    assert again.commands[0].text == "Hello Olga of Omsk"
    assert again.grounds is not None
    assert again.grounds.text_revision == again.mailing_revision == 2


@pytest.mark.parametrize("new_text", ["new", HELLO])
async def test_what_was_perhaps_said_is_said_again_word_for_word(
    world: World, new_text: str
) -> None:
    async with world.listening(), world.scheduler():
        await world.event(olga(), mailing(1, text="old"))
        (first,) = await emitted(world, 1)
        uncertain = returned(first, first.commands[0], uncertain=True, text="old")
        await world.event(mailing(1, revision=2, text=new_text), uncertain)
        _, again = await emitted(world, 2)
        # Another way back, this time before anything was said: the first call still counts.
        await world.event(mailing(1, revision=3, text="newest"), returned(again, again.commands[0]))
        third = (await emitted(world, 3))[2]
    for envelope, revision in ((again, 2), (third, 3)):
        assert envelope.commands[0].text == "old"
        assert envelope.mailing_revision == revision
        assert envelope.grounds is not None
        assert envelope.grounds.text_revision == 1
    assert third.commands[0].dispatch == 3


async def test_the_grounds_of_a_call_are_the_clients_present_opening(world: World) -> None:
    noon = datetime.now(UTC).replace(microsecond=0)
    interval: dict[str, Any] = {
        "starts_at": noon - timedelta(hours=1),
        "ends_at": noon + timedelta(hours=1),
    }
    async with world.listening(), world.scheduler():
        await world.event(olga(), mailing(1, text="old", **interval))
        (first,) = await emitted(world, 1)
        away = olga(timezone="Asia/Tokyo", revision=2)
        await world.event(away, returned(first, first.commands[0], client_revision=2))
        _, again = await emitted(world, 2)
    for envelope, zone, hours in ((first, "Europe/Moscow", 3), (again, "Asia/Tokyo", 9)):
        grounds = envelope.grounds
        assert grounds is not None
        assert envelope.timezone == "Europe/Moscow"  # whose books it is in
        assert grounds.timezone == zone
        assert grounds.opens_at.utcoffset() == timedelta(hours=hours)
        assert (grounds.opens_at, grounds.closes_at) == (interval["starts_at"], interval["ends_at"])
        assert envelope.not_after == grounds.closes_at
        assert grounds.tzdata == tzdata_version()


class Gone:
    """An outlet of a process that is gone before it could publish, and all the room there is."""

    async def tell(self, message: Message) -> None:
        raise PublishFailed(message.key)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        raise PublishFailed("carillon.send")

    async def envelopes(self, *, urgent: bool) -> int:
        return 100


async def write_a_batch(world: World) -> None:
    """Olga and Anna have rows and a batch, and the scheduler is gone before it is published."""
    clock = SystemClock()
    messages = PostgresMessages(world.engine, MessageIds(1))
    plans = PostgresPlans(world.engine)
    planner = Planner(PostgresDirectory(world.engine), plans, clock)
    await planner.on_clients_changed(olga())
    await planner.on_clients_changed(clients([2], name="Anna"))
    await planner.on_mailing_changed(mailing(1, text=HELLO))
    await planner.move_due_waves()
    publishing = Publishing(messages, Gone(), clock, per_envelope=100)
    returns = Returns(messages, publishing, clock)
    with pytest.raises(PublishFailed):
        await Emitter(messages, publishing, returns, Gone(), clock).emit_round()


async def test_a_batch_published_late_says_to_each_what_it_was_written_to_say(
    world: World,
) -> None:
    await write_a_batch(world)
    async with world.listening(), world.scheduler():
        await world.tap.until(lambda: len(world.commands()) == 2)
    assert {(c.client_id, c.dispatch, c.text) for c in world.commands()} == {
        (1, 1, "Hello Olga of Omsk"),
        (2, 1, "Hello Anna of the north"),
    }


async def test_whose_name_changed_before_the_batch_went_out_gets_another_dispatch(
    world: World,
) -> None:
    await write_a_batch(world)
    changed = ClientsChanged(clients=(client(2, revision=2, name="Anja"),))
    planner = Planner(PostgresDirectory(world.engine), PostgresPlans(world.engine), SystemClock())
    await planner.on_clients_changed(changed)
    async with world.listening(), world.scheduler():
        await world.tap.until(lambda: len(world.commands()) == 2)
    assert {(c.client_id, c.dispatch, c.text) for c in world.commands()} == {
        (1, 1, "Hello Olga of Omsk"),
        (2, 2, "Hello Anja of the north"),
    }


async def test_a_text_changed_before_the_batch_went_out_comes_under_another_dispatch(
    world: World,
) -> None:
    await write_a_batch(world)
    planner = Planner(PostgresDirectory(world.engine), PostgresPlans(world.engine), SystemClock())
    await planner.on_mailing_changed(mailing(1, revision=2, text="Goodbye"))
    async with world.listening(), world.scheduler():
        await world.tap.until(lambda: len(world.commands()) == 2)
    assert {c.dispatch for c in world.commands()} == {2}
    assert {e.text for e in world.envelopes()} == {"Goodbye"}


async def test_what_was_perhaps_said_is_forgotten_long_after_the_end(world: World) -> None:
    row = "INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state, returned_at,"
    row += " text, text_revision) VALUES (:id, :mailing, :id, 'UTC', 1, :state, :at, 'Hi Ann', 1)"
    old, young = world.clock.now() - timedelta(days=31), world.clock.now() - timedelta(days=29)
    kept = [(2, 1, "held", old), (3, 1, "queued", young), (4, 2, "ended", old)]
    async with world.engine.begin() as connection:
        for id_, finished in ((1, 2), (2, 1)):
            stands = {"id": id_, "finished": finished}
            await connection.execute(text(_MAILING_AT_2), stands)
        for id_, mailing_id, state, at in ((1, 1, "queued", old), *kept):
            told = {"id": id_, "mailing": mailing_id, "state": state, "at": at}
            await connection.execute(text(row), told)
    for days, left in ((0, 4), (32, 4), (30, 3)):
        await Forgetting(PostgresSaid(world.engine), world.clock, days=days).forget_round()
        said = "SELECT count(*) FROM message WHERE text IS NOT NULL AND text_revision = 1"
        assert await world.count(said) == left
    assert await world.count("SELECT id FROM message WHERE text IS NULL") == 1


_MAILING_AT_2 = """
    INSERT INTO mailing (id, revision, state, body, finished_revision)
    VALUES (:id, 2, 'scheduled', '{}', :finished)
"""
