"""What a sender tells of a call is what the provider saw of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.commands import Grounds, SendCommand
from shared.contracts.gates import Gate
from tests.integration.services.sender.world import MAILING, World, command, until

TOKYO = "+09:00"


def opening(revision: int = 1) -> Grounds:
    today = datetime.now(UTC).date().isoformat()
    return Grounds.model_validate(
        {
            "mailing_id": MAILING,
            "timezone": "Asia/Tokyo",
            "opens_at": f"{today}T00:00:00{TOKYO}",
            "closes_at": f"{today}T23:00:00{TOKYO}",
            "tzdata": "2026b",
            "text_revision": revision,
        }
    )


def received(world: World, its_command: SendCommand) -> Any:
    records = {one["id"]: one for one in world.provider.books.page(None, 1000).items}
    return records[its_command.message_id]


async def test_hash_and_grounds_of_a_call(world: World) -> None:
    own, shared = command(text="Здравствуй, Анна"), command()
    async with world.sender():
        await world.send(own, shared, grounds=opening())
        await world.ended(own, shared)
    for one in (own, shared):
        ((event, grounds),) = world.told(one.message_id)
        assert event.text_sha256 == received(world, one)["text_sha256"]
        assert grounds == opening()
        assert grounds.opens_at.utcoffset() == timedelta(hours=9)
    assert received(world, own)["text_sha256"] != received(world, shared)["text_sha256"]


async def test_a_retry_says_the_same_on_the_same_grounds(world: World) -> None:
    one = command(text="To you alone")
    world.misbehave(error_rate=1.0)
    async with world.sender():
        await world.send(one, grounds=opening(4))
        await until(lambda: world.provider.books.calls == 1)
        world.misbehave()
        await world.ended(one)
    told = world.told(one.message_id)
    assert [event.kind for event, _ in told] == ["retrying", "sent"]
    assert [grounds for _, grounds in told] == [opening(4)] * 2
    assert {event.text_sha256 for event, _ in told} == {received(world, one)["text_sha256"]}


async def test_a_trial_is_sent_without_grounds(world: World) -> None:
    trial = command(client_id=0, client_revision=0, text="A trial")
    async with world.sender():
        await world.send(trial, urgent=True, mailing_id=0, mailing_revision=0, timezone="UTC")
        await world.ended(trial)
    ((event, grounds),) = world.told(trial.message_id)
    assert (event.kind, event.mailing_id, grounds) == ("sent", 0, None)
    assert event.text_sha256 == received(world, trial)["text_sha256"]


async def test_what_may_have_been_sent_comes_back_with_its_words_and_goes_out_with_them(
    world: World,
) -> None:
    """The provider accepts and hangs up; meanwhile the mailing gets another text."""
    one = command(text="The old words")
    world.misbehave(drop_rate=1.0)
    async with world.sender():
        await world.send(one, grounds=opening())
        await until(lambda: world.provider.books.accepted == 1)
        await world.gate(Gate(kind="mailing", id=MAILING, revision=2, closed=False))
        await world.ended(one)
        world.misbehave()
        again = command(one.message_id, dispatch=2, text="The old words")
        await world.send(again, mailing_revision=2, grounds=opening())
        await world.ended(one, times=2)
    told = [event for event, _ in world.told(one.message_id)]
    assert [event.kind for event in told] == ["retrying", "returned", "sent"]
    returned, grounds = world.told(one.message_id)[1]
    assert (returned.uncertain, returned.text) == (True, "The old words")
    assert grounds == opening()
    assert world.accepted(one) == 2
    assert world.provider.books.changed == 0


async def test_an_uncertain_message_stays_so_through_its_dispatches(world: World) -> None:
    """It comes back from its second dispatch without a call, and must still keep its words."""
    one = command()
    world.misbehave(drop_rate=1.0)
    async with world.sender():
        await world.send(one)
        await until(lambda: world.provider.books.accepted == 1)
        await world.gate(Gate(kind="mailing", id=MAILING, revision=2, closed=True))
        await world.ended(one)
        second = command(one.message_id, dispatch=2)
        await world.send(second, mailing_revision=2)
        await world.ended(one, times=2)
    returned = [event for event, _ in world.told(one.message_id) if event.kind == "returned"]
    assert [(event.dispatch, event.uncertain) for event in returned] == [(1, True), (2, True)]
    assert {event.text for event in returned} == {"The bells ring"}


async def test_a_certain_return_needs_no_words(world: World) -> None:
    one = command()
    await world.store_gate("mailing", MAILING, 2, closed=True)
    async with world.sender():
        await world.send(one, grounds=opening())
        await world.ended(one)
    ((event, grounds),) = world.told(one.message_id)
    assert (event.uncertain, event.text, event.text_sha256) == (False, None, None)
    assert grounds == opening()
