"""Messages that came back: held until the news is here, then emitted anew or ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.commands import SendCommand, SendMessages
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.contracts.directory import ClientsChanged
from shared.contracts.progress import MailingEmitted
from shared.contracts.topology import SCHEDULER_RETURNED
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, clients, mailing
from tests.support.house import eventually


def returned(envelope: SendMessages, command: SendCommand, **facts: Any) -> DeliveryEvents:
    event: dict[str, Any] = {
        "message_id": command.message_id,
        "mailing_id": envelope.mailing_id,
        "client_id": command.client_id,
        "timezone": envelope.timezone,
        "dispatch": command.dispatch,
        "attempt": command.attempt,
        "kind": "returned",
        "at": datetime.now(UTC),
        "reason": "gate_moved",
    }
    return DeliveryEvents(kind="returned", events=(DeliveryEvent(**event | facts),))


async def emitted(world: World, count: int) -> None:
    await world.tap.until(lambda: len(world.commands()) == count)
    await world.tap.until(lambda: bool(world.tap.of("progress.emitted", MailingEmitted)))


async def drained(world: World, queue: str) -> None:
    while (await world.channel.declare_queue(queue, passive=True)).declaration_result.message_count:
        pass


async def test_a_message_waits_for_the_revision_that_stopped_it(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.event(clients([1]), mailing(1, text="old"))
        await emitted(world, 1)
        first = world.envelopes()[0]
        await world.event(returned(first, first.commands[0], mailing_revision=2))
        await drained(world, SCHEDULER_RETURNED)
        assert len(world.envelopes()) == 1
        await world.event(mailing(1, revision=2, text="new"))
        await world.tap.until(lambda: len(world.envelopes()) == 2)
    again = world.envelopes()[1]
    assert (again.text, again.mailing_revision) == ("new", 2)
    assert again.commands[0].message_id == first.commands[0].message_id
    assert again.commands[0].dispatch == 2


async def test_a_return_that_is_delivered_twice_is_emitted_once(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.event(clients([1]), mailing(1))
        await emitted(world, 1)
        first = world.envelopes()[0]
        back = returned(first, first.commands[0])
        await world.event(back, back)
        await world.tap.until(lambda: len(world.envelopes()) == 2)
        await world.event(back, clients([2]), mailing(2, filter={"tags": ["nobody"]}))
        await world.tap.until(lambda: len(world.tap.of("progress.emitted", MailingEmitted)) == 2)
    assert [c.dispatch for c in world.commands()] == [1, 2]


async def test_the_new_number_is_used_after_a_change(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.event(clients([1]), mailing(1))
        await emitted(world, 1)
        first = world.envelopes()[0]
        await world.event(returned(first, first.commands[0], client_revision=2))
        changed = client(1, revision=2, phone="79990001122")
        await world.event(ClientsChanged(clients=(changed,)))
        # A change of a client wakes nobody by itself: the next event or tick does.
        await world.tap.until(lambda: len(world.commands()) == 2)
    assert world.commands()[1].address == "79990001122"
    assert world.commands()[1].client_revision == 2


async def test_a_deleted_client_is_never_emitted_again(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.event(clients([1]), mailing(1))
        await emitted(world, 1)
        first = world.envelopes()[0]
        gone = ClientsChanged(clients=(client(1, revision=2, deleted=True, phone=""),))
        await world.event(gone, returned(first, first.commands[0], client_revision=2))
        await world.tap.until(lambda: bool(world.tap.of("delivery.cancelled", DeliveryEvents)))
    event = world.tap.of("delivery.cancelled", DeliveryEvents)[0].events[0]
    assert (event.dispatch, event.reason) == (2, "client_deleted")
    assert len(world.commands()) == 1


async def test_a_block_stops_what_is_under_way_and_what_is_to_come(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.event(clients([1, 2]), mailing(1))
        await emitted(world, 2)
        first = world.envelopes()[0]
        blocked = ClientsChanged(clients=(client(1, revision=2, blocked=True),))
        await world.event(blocked, returned(first, first.commands[0], client_revision=2))
        await world.tap.until(lambda: bool(world.told("suppressed")))
        await world.event(mailing(2))
        await world.tap.until(lambda: len(world.told("suppressed")) == 2)
        await world.tap.until(lambda: len(world.tap.of("progress.emitted", MailingEmitted)) == 2)
        lifted = ClientsChanged(clients=(client(1, revision=3),))
        await world.event(lifted, mailing(3))
        await world.tap.until(lambda: len(world.commands()) == 5)
    told = [(e.mailing_id, e.client_id, e.dispatch, e.reason) for e in world.told("suppressed")]
    assert told == [(1, 1, 2, "blocked"), (2, 1, 1, "blocked")]
    sent = sorted((e.mailing_id, c.client_id) for e in world.envelopes() for c in e.commands)
    assert sent == [(1, 1), (1, 2), (2, 2), (3, 1), (3, 2)]


async def test_a_block_does_not_wait_for_the_next_window(world: World) -> None:
    hour = datetime.now(UTC).hour
    away = {"from": f"{(hour + 4) % 24:02d}:00", "to": f"{(hour + 5) % 24 or 24:02d}:00"}
    async with world.listening(), world.scheduler():
        await world.event(clients([1], timezone="UTC"), mailing(1))
        await emitted(world, 1)
        first = world.envelopes()[0]
        later = mailing(1, revision=2, window=away, ends_at=datetime.now(UTC) + timedelta(days=2))
        await world.event(later, returned(first, first.commands[0], mailing_revision=2))
        await world.tap.until(lambda: bool(world.told("planned")))
        blocked = client(1, revision=2, timezone="UTC", blocked=True)
        await world.event(ClientsChanged(clients=(blocked,)))
        await world.tap.until(lambda: bool(world.told("suppressed")))
    assert await world.count("SELECT count(*) FROM message WHERE state = 'held'") == 0


async def test_what_may_have_been_accepted_is_never_booked_as_not_sent(world: World) -> None:
    """The client is deleted while the answer to a call was lost: the text comes back afterwards, or
    is there already. It goes with them; that something was said stays known."""
    async with world.listening(), world.scheduler():
        await world.event(clients([1, 2, 3]), mailing(1))
        await emitted(world, 3)
        first = world.envelopes()[0]
        surely, after, before = sorted(first.commands, key=lambda command: command.client_id)
        lost = {"uncertain": True, "text": first.text, "client_revision": 2}
        await world.event(returned(first, before, **lost))
        kept = "SELECT count(*) FROM message WHERE text IS NOT NULL"
        await eventually(lambda: world.count(kept), 20, every=0.02)
        gone = (client(n, revision=2, deleted=True, phone="") for n in (1, 2, 3))
        await world.event(ClientsChanged(clients=tuple(gone)))
        await world.heard()
        await world.event(returned(first, after, **lost))
        await world.event(returned(first, surely, client_revision=2))
        await world.tap.until(lambda: len(world.told("unknown") + world.told("cancelled")) == 3)
    unknown, [cancelled] = world.told("unknown"), world.told("cancelled")
    assert {(one.client_id, one.dispatch, one.reason) for one in unknown} == {
        (2, 2, "client_deleted"),
        (3, 2, "client_deleted"),
    }
    assert all(one.detail is not None for one in unknown)
    assert (cancelled.client_id, cancelled.reason) == (1, "client_deleted")
    rows = "SELECT count(*) FROM message WHERE state = 'ended' AND ended_as = 'unknown'"
    assert await world.count(rows) == 2
    assert await world.count(kept) == 0


async def test_a_message_whose_window_closed_waits_for_the_next(world: World) -> None:
    hour = datetime.now(UTC).hour
    away = {"from": f"{(hour + 4) % 24:02d}:00", "to": f"{(hour + 5) % 24 or 24:02d}:00"}
    async with world.listening(), world.scheduler():
        await world.event(clients([1], timezone="UTC"), mailing(1))
        await emitted(world, 1)
        first = world.envelopes()[0]
        later = mailing(1, revision=2, window=away, ends_at=datetime.now(UTC) + timedelta(days=2))
        await world.event(later, returned(first, first.commands[0], reason="window_closed"))
        await world.tap.until(lambda: bool(world.tap.of("delivery.planned", DeliveryEvents)))
    assert await world.count("SELECT count(*) FROM message WHERE state = 'held'") == 1
    assert len(world.commands()) == 1


async def test_a_cancelled_mailing_ends_everybody_who_is_left(world: World) -> None:
    opens_at = datetime.now(UTC) + timedelta(hours=1)
    async with world.listening(), world.scheduler():
        await world.event(
            clients(range(1, 21)),
            mailing(1, starts_at=opens_at, ends_at=opens_at + timedelta(hours=1)),
        )
        await world.event(mailing(1, revision=2, state="cancelled"))
        await world.tap.until(lambda: bool(world.tap.of("progress.emitted", MailingEmitted)))
    cancelled = world.tap.of("delivery.cancelled", DeliveryEvents)
    assert sum(len(message.events) for message in cancelled) == 20
    assert {e.reason for message in cancelled for e in message.events} == {"mailing_cancelled"}
    assert world.tap.of("progress.emitted", MailingEmitted)[0].messages == 20
    assert not world.commands()
