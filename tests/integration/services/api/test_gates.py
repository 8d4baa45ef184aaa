"""Whether the broker has the gates, as the outbox shows it."""

import asyncio
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.gates import SqlGates
from services.api.adapters.store import SqlTransactions
from shared.contracts.directory import ClientsChanged
from shared.contracts.gates import Gate, GatesChanged
from shared.runtime.database import make_engine

GATE = GatesChanged(gates=(Gate(kind="mailing", id=1, revision=2, closed=True),))


async def put(engine: AsyncEngine) -> None:
    async with SqlTransactions(engine).begin() as store:
        await store.outbox.put(GATE)


async def forget_oldest(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)"))


async def test_nothing_waits_when_there_is_no_gate(engine: AsyncEngine) -> None:
    async with SqlTransactions(engine).begin() as store:
        await store.outbox.put(ClientsChanged(clients=()))
    assert await SqlGates(engine).have_left(0.2)


async def test_a_gate_that_stays_has_not_left(engine: AsyncEngine) -> None:
    await put(engine)
    started = time.monotonic()
    assert not await SqlGates(engine).have_left(0.2)
    assert 0.2 <= time.monotonic() - started < 0.5


async def test_later_gates_are_not_waited_for(engine: AsyncEngine) -> None:
    await put(engine)
    waiting = asyncio.create_task(SqlGates(engine).have_left(5))
    await asyncio.sleep(0.05)
    await put(engine)
    assert not waiting.done()
    await forget_oldest(engine)
    assert await waiting


async def test_without_a_database_nobody_knows() -> None:
    nowhere = make_engine("postgresql+asyncpg://x:x@127.0.0.1:9/x", pool=1, application="tests")
    assert not await SqlGates(nowhere).have_left(1)
    await nowhere.dispose()
