from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import TextClause, text

from services.sender.adapters.gates import PostgresGates
from services.sender.adapters.ledger import PostgresLedger
from services.sender.adapters.ledger_engine import make_ledger_engine
from services.sender.adapters.ledger_sql import LOOK, RECORD_CALLS
from shared.runtime.database import engine_lifetime
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


IDS = range(1, 201)
CALLED = [(id_, 1, 1, "sent", 1, False, datetime.now(UTC), None, None, 200, 5, None) for id_ in IDS]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (RECORD_CALLS, {"rows": CALLED}),
        (LOOK, {key: list(IDS) for key in ("message_ids", "mailing_ids", "client_ids")}),
    ],
)
async def test_no_table_is_read_from_end_to_end_while_it_seems_small(
    database_url: str, ledgers: Ledgers, statement: TextClause, values: dict[str, Any]
) -> None:
    async with (
        engine_lifetime(make_ledger_engine(database_url, pool=1)) as engine,
        engine.connect() as connection,
    ):
        plan = await connection.execute(text(f"EXPLAIN {statement}"), values | {"holder": "ours"})
        assert "Seq Scan" not in "\n".join(plan.scalars())
