"""How far the events about clients have come: what a plan has to count."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.outbox import SqlOutboxLane
from services.api.adapters.store import SqlTransactions
from shared.contracts.base import Message
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.gates import GatesChanged

NOBODY_ADDED = ClientsAdded(kinds=(), ids=(), phones=(), kind_of=())


async def put(engine: AsyncEngine, message: Message) -> None:
    async with SqlTransactions(engine).begin() as store:
        await store.outbox.put(message)


async def position(engine: AsyncEngine) -> int:
    async with SqlTransactions(engine).begin() as store:
        return await store.outbox.clients_position()


async def relayed(engine: AsyncEngine, *, urgent: bool = False) -> list[int]:
    lane = SqlOutboxLane(engine, urgent=urgent)
    ids = [row.id for row in await lane.due()]
    await lane.forget(ids)
    return ids


async def test_only_what_is_told_of_clients_moves_it(engine: AsyncEngine) -> None:
    before = await position(engine)
    await put(engine, ClientsChanged(clients=()))
    first = await position(engine)
    assert first > before
    await put(engine, GatesChanged(gates=()))
    assert await position(engine) == first
    await put(engine, ClientsChanged(clients=()))
    second = await position(engine)
    assert second > first
    await put(engine, NOBODY_ADDED)
    assert await position(engine) > second


async def test_it_stays_when_the_outbox_is_empty(engine: AsyncEngine) -> None:
    await put(engine, ClientsChanged(clients=()))
    await put(engine, NOBODY_ADDED)
    last = await position(engine)
    assert (await relayed(engine))[-1] == last
    assert await position(engine) == last
    await put(engine, GatesChanged(gates=()))
    await relayed(engine, urgent=True)
    assert await position(engine) == last
