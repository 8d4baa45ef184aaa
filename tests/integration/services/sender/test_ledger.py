import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import text

from services.sender.adapters.gates import PostgresGates
from services.sender.adapters.ledger import PostgresLedger
from services.sender.adapters.ledger_engine import fetch, make_ledger_engine
from services.sender.adapters.ledger_sql import LOOK, RECORD_CALLS
from shared.runtime.database import engine_lifetime, is_transient
from tests.unit.services.sender.ledger_suite import Ledgers, LedgerSuite


@pytest.fixture
async def ledgers(database_url: str) -> AsyncIterator[Ledgers]:
    engine = make_ledger_engine(database_url, pool=3)
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE ledger, gate"))

    async def let_leases_run_out() -> None:
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE ledger SET lease_until = now() - interval '1s'"))

    yield Ledgers(
        ours=PostgresLedger(engine, holder="ours", lease=15.0, idempotent=True),
        theirs=PostgresLedger(engine, holder="theirs", lease=15.0, idempotent=True),
        once=PostgresLedger(engine, holder="once", lease=15.0, idempotent=False),
        gates=PostgresGates(engine),
        now=datetime.now(UTC),
        let_leases_run_out=let_leases_run_out,
    )
    await engine.dispose()


class TestLedgerInPostgres(LedgerSuite):
    pass


async def test_no_table_is_read_from_end_to_end_while_it_seems_small(
    database_url: str, ledgers: Ledgers
) -> None:
    now, ids = datetime.now(UTC), list(range(1, 201))
    calls = [(id_, 1, 1, "sent", 1, False, now, None, None, 200, 5, None) for id_ in ids]
    columns = dict.fromkeys(("message_ids", "mailing_ids", "client_ids"), ids)
    async with engine_lifetime(make_ledger_engine(database_url, pool=1)) as engine:
        plan = [row[0] for row in await fetch(engine, f"EXPLAIN {RECORD_CALLS}", calls, "ours")]
        async with engine.connect() as connection:
            values = columns | {"holder": "ours"}
            plan += (await connection.execute(text(f"EXPLAIN {LOOK}"), values)).scalars()
    assert any("Index Scan" in line for line in plan)
    assert not any("Seq Scan" in line for line in plan)


async def test_a_connection_that_was_lost_is_not_used_again(database_url: str) -> None:
    async with engine_lifetime(make_ledger_engine(database_url, pool=1)) as engine:
        (row,) = await fetch(engine, "SELECT pg_backend_pid()")
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError)) as lost:
            await fetch(engine, "SELECT pg_terminate_backend(pg_backend_pid())")
        assert is_transient(lost.value)
        assert await fetch(engine, "SELECT pg_backend_pid()") != [row]


async def test_nor_one_whose_statement_was_given_up(database_url: str) -> None:
    async with engine_lifetime(make_ledger_engine(database_url, pool=1)) as engine:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await fetch(engine, "SELECT pg_sleep(10)")
        assert await fetch(engine, "SELECT 1") == [(1,)]
