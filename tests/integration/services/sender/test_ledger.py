from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from services.sender.adapters.gates import PostgresGates
from services.sender.adapters.ledger import PostgresLedger
from shared.runtime.database import make_engine
from tests.unit.services.sender.ledger_suite import Ledgers, LedgerSuite


@pytest.fixture
async def ledgers(database_url: str) -> AsyncIterator[Ledgers]:
    engine = make_engine(database_url, pool=3, application="test")
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
