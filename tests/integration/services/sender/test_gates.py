"""Gates stop what is on its way, and nothing else."""

import asyncio

import pytest

from services.sender.adapters.gates import PostgresGates
from services.sender.adapters.ledger_pages import PostgresLedgerPages
from shared.contracts.gates import Gate
from shared.contracts.topology import SENDER_GATES
from tests.integration.services.sender.world import MAILING, World, command, commands, until


def mailing_gate(revision: int, *, closed: bool) -> Gate:
    return Gate(kind="mailing", id=MAILING, revision=revision, closed=closed)


@pytest.mark.parametrize(
    ("revision", "closed", "reason"),
    [(1, True, "gate_closed"), (2, True, "gate_closed"), (2, False, "gate_moved")],
)
async def test_mailing_gate_returns(world: World, revision: int, closed: bool, reason: str) -> None:
    one = command()
    await world.store_gate("mailing", MAILING, revision, closed=closed)
    async with world.sender():
        await world.send(one)
        (event,) = await world.ended(one)
    assert (event.kind, event.reason) == ("returned", reason)
    assert (event.mailing_revision, event.client_revision) == (revision, None)
    assert world.provider.books.calls == 0


async def test_who_has_no_row_any_more_is_not_called_again(world: World) -> None:
    """Long after its mailing ended, a command comes from wherever once more; and one whose row was
    no end stays, whoever wants it gone."""
    one, under_way = command(), command()
    await world.record(under_way, "retrying")
    async with world.sender():
        await world.send(one)
        await world.ended(one)
        ids = [one.message_id, under_way.message_id]
        await world.store_gate("mailing", MAILING, 2, closed=True)
        await PostgresLedgerPages(world.engine).forget(ids)
        rows = await PostgresLedgerPages(world.engine).page(0, 10)
        assert [row.message_id for row in rows] == [under_way.message_id]
        await world.send(one)
        sent, returned = await world.ended(one, times=2)
    assert (sent.kind, returned.kind, returned.reason) == ("sent", "returned", "gate_closed")
    assert (world.accepted(one), world.provider.books.calls) == (1, 1)


async def test_client_gate_returns_only_that_client(world: World) -> None:
    stopped, other = command(), command()
    await world.store_gate("client", stopped.client_id, 2, closed=False)
    async with world.sender():
        await world.send(stopped, other)
        (event,) = await world.ended(stopped, other)
    assert (event.kind, event.reason) == ("returned", "gate_moved")
    assert (event.mailing_revision, event.client_revision) == (None, 2)
    assert (world.accepted(stopped), world.accepted(other)) == (0, 1)


@pytest.mark.parametrize(("revision", "closed"), [(1, False), (0, True)])
async def test_gate_lets_pass(world: World, revision: int, closed: bool) -> None:
    one = command()
    await world.store_gate("mailing", MAILING, revision, closed=closed)
    async with world.sender():
        await world.send(one)
        (event,) = await world.ended(one)
    assert event.kind == "sent"


async def test_returned_message_goes_with_its_next_dispatch(world: World) -> None:
    one = command()
    await world.store_gate("mailing", MAILING, 2, closed=False)
    async with world.sender():
        await world.send(one)
        await world.ended(one)
        await world.send(command(one.message_id, dispatch=2), mailing_revision=2)
        events = await world.ended(one, times=2)
    assert [(event.kind, event.dispatch) for event in events] == [("returned", 1), ("sent", 2)]


async def test_gate_published_while_sending_stops_the_rest(world: World) -> None:
    some = commands(100)
    world.misbehave(latency_ms=50)
    async with world.sender(concurrency=2):
        await world.send(*some)
        await until(lambda: world.provider.books.accepted > 5)
        await world.gate(mailing_gate(1, closed=True))
        await world.ended(*some)
    kinds = [event.kind for event in world.events()]
    assert 5 < kinds.count("sent") < 60
    assert kinds.count("sent") + kinds.count("returned") == 100
    assert kinds.count("sent") == world.provider.books.accepted
    assert await world.left_in(SENDER_GATES) == 0


async def test_gate_stops_what_an_outage_holds_back(world: World) -> None:
    some = commands(60)
    world.misbehave(outage=True)
    async with world.sender(breaker_failures=3, concurrency=5, breaker_probe_seconds=60):
        await world.send(*some)
        await until(lambda: world.provider.books.calls >= 5)
        await world.gate(mailing_gate(1, closed=True))
        await world.ended(*some)
    assert world.provider.books.accepted == 0
    assert {event.kind for event in world.events()} <= {"returned", "retrying"}


async def test_lower_revision_changes_nothing(world: World) -> None:
    gates = PostgresGates(world.engine)
    await gates.store([mailing_gate(2, closed=True), mailing_gate(3, closed=False)])
    await gates.store([mailing_gate(2, closed=True)])
    one = command()
    async with world.sender():
        await world.send(one, mailing_revision=3)
        (event,) = await world.ended(one)
    assert event.kind == "sent"


async def test_gates_that_cannot_be_stored_stop_every_call(world: World) -> None:
    one = command()
    async with world.sender() as link:
        await world.execute("ALTER TABLE gate RENAME TO elsewhere", {})
        await world.gate(mailing_gate(1, closed=True))
        await until(lambda: not link.may_call())
        await world.send(one)
        await asyncio.sleep(0.5)
        assert world.provider.books.calls == 0
        await world.execute("ALTER TABLE elsewhere RENAME TO gate", {})
        (event,) = await world.ended(one)
    assert (event.kind, event.reason) == ("returned", "gate_closed")
