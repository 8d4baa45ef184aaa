"""Asked after messages whose end was never heard of: the ledger answers, nobody is called."""

from datetime import UTC, datetime, timedelta

from services.sender.adapters.ledger_walk import PostgresLedgerWalk
from services.sender.domain.verdicts import ON_ITS_WAY
from services.sender.ports import Stretch
from shared.contracts.commands import LONG_OVER
from shared.contracts.topology import SEND, again_key, again_queue
from tests.integration.services.sender.world import World, command, envelope
from tests.support.tap import publish

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


async def test_every_state_of_the_ledger_comes_to_an_end(world: World) -> None:
    unheard_of, sent, silent, retry_gone, perhaps_accepted = (command() for _ in range(5))
    called = {"called": 2, "happened_at": LONG_AGO, "reason": "server_error"}
    await world.record(sent, "sent", called=1, happened_at=LONG_AGO)
    await world.record(silent, "claimed", attempt=3, lease_until=LONG_AGO, **called)
    due = {"attempt": 3, "next_attempt_at": LONG_AGO}
    await world.record(retry_gone, "retrying", **due, **called)
    await world.record(perhaps_accepted, "retrying", uncertain=True, **due, **called)
    everybody = (unheard_of, sent, silent, retry_gone, perhaps_accepted)
    bare = [one._replace(address="", client_revision=0) for one in everybody]
    question = envelope(bare, text="", not_after=LONG_OVER, question=True)
    async with world.sender():
        await publish(world.channel, SEND, again_key("sms"), question)
        await world.ended(*everybody)
    found = {e.message_id: (e.kind, e.attempt, e.reason, e.uncertain) for e in world.events()}
    assert found == {
        unheard_of.message_id: ("returned", 1, "unheard", False),
        sent.message_id: ("sent", 1, None, False),
        silent.message_id: ("unknown", 3, "outcome_unknown", False),
        retry_gone.message_id: ("returned", 3, "unheard", False),
        perhaps_accepted.message_id: ("unknown", 3, "outcome_unknown", False),
    }
    assert world.provider.books.calls == 0
    assert await world.left_in(again_queue("sms")) == 0


async def test_what_is_overdue_in_the_ledger_is_counted_by_its_key(world: World) -> None:
    now = datetime.now(UTC)
    for id_, state, columns in (
        (1, "claimed", {"lease_until": LONG_AGO}),
        (2, "claimed", {"lease_until": now}),
        (3, "retrying", {"next_attempt_at": LONG_AGO}),
        (4, "retrying", {"next_attempt_at": now}),
        (5, "sent", {"lease_until": LONG_AGO, "next_attempt_at": LONG_AGO}),
    ):
        await world.record(command(id_), state, **columns)
    walk = PostgresLedgerWalk(world.engine)
    before = now - ON_ITS_WAY
    assert await walk.stretch(0, 2, before) == Stretch(2, 1, 0)
    assert await walk.stretch(2, 100, before) == Stretch(5, 0, 1)
    assert await walk.stretch(5, 100, before) == Stretch(None, 0, 0)


async def test_what_was_lost_and_turns_up_after_all_is_not_sent_beside_its_successor(
    world: World,
) -> None:
    one = command()
    question = envelope([one], text="", not_after=LONG_OVER, question=True)
    async with world.sender():
        await publish(world.channel, SEND, again_key("sms"), question)
        await world.ended(one)
        await world.send(one)
        await world.ended(one, times=2)
        await world.send(one._replace(dispatch=2))
        await world.ended(one, times=3)
    assert world.kinds(one.message_id) == ["returned", "returned", "sent"]
    assert world.accepted(one) == 1
