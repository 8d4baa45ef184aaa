from datetime import timedelta

import pytest

from tests.unit.services.sender.fakes import MemoryGates, MemoryLedger, Rows
from tests.unit.services.sender.ledger_suite import Ledgers, LedgerSuite


@pytest.fixture
def ledgers() -> Ledgers:
    rows = Rows()

    async def let_leases_run_out() -> None:
        rows.clock.instant += timedelta(minutes=1)

    return Ledgers(
        ours=MemoryLedger(rows, holder="ours"),
        theirs=MemoryLedger(rows, holder="theirs"),
        once=MemoryLedger(rows, holder="once", idempotent=False),
        gates=MemoryGates(rows),
        now=rows.clock.now(),
        let_leases_run_out=let_leases_run_out,
    )


class TestLedgerInMemory(LedgerSuite):
    pass
