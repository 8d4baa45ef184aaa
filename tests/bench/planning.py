"""``python -m tests.bench.planning``: what a plan costs over ten thousand clients and a million.

In one house the directory grows from size to size. At each, a plan is previewed, then a mailing
over everybody is launched, planned and opened; it runs for a while and is cancelled. Shown are the
time of the preview, of the planning, from the opening to the first call, and what the scheduler
and the database used and held. What is independent of the number of clients stays as it is from
row to row.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from shared.domain.zones import inhabited_zones
from tests.bench.load import IMPORT_AT_ONCE
from tests.bench.processes import usage
from tests.support.house import House, Json, csv_of, eventually, running_house

ZONES = 400
PREVIEWS = 5
OPENS_AFTER = timedelta(seconds=6)
COLUMNS = {
    "clients": "clients",
    "preview": "preview s",
    "planned": "plan s",
    "planning_cpu": "plan CPU s",
    "first_call": "first call s",
    "scheduler_mb": "sched. MB",
    "api_mb": "api MB",
    "stats_mb": "stats MB",
}


@dataclass(frozen=True)
class Measured:
    """Seconds (``planning_cpu``: of the scheduler and PostgreSQL), MB at their peak."""

    clients: int
    preview: float
    planned: float
    planning_cpu: float
    first_call: float
    scheduler_mb: float
    api_mb: float
    stats_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.planning", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--send-seconds", type=float, default=10.0)
    parser.add_argument("--json", help="write the results to this file too")
    options = parser.parse_args()
    measured = asyncio.run(_run(sorted(options.sizes), options.send_seconds))
    Console().print(_table(measured))
    if options.json:
        Path(options.json).write_text(json.dumps([vars(one) for one in measured], indent=1) + "\n")


async def _run(sizes: Sequence[int], send_seconds: float) -> list[Measured]:
    home = Path(tempfile.mkdtemp(prefix="carillon-planning-"))
    try:
        async with running_house(home, {"SENDER_REPLICAS": "2"}) as house:
            return [
                await _measure(house, before, size, send_seconds)
                for before, size in zip([0, *sizes], sizes, strict=False)
            ]
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _measure(house: House, before: int, size: int, send_seconds: float) -> Measured:
    await _grow(house, before, size)
    await _settled(house)
    preview = statistics.median([await _preview(house, size) for _ in range(PREVIEWS)])
    cpu = _cpu(house)
    launched = time.monotonic()
    opens = datetime.now(UTC) + OPENS_AFTER
    await house.forget()
    mailing = await house.launch(starts_at=opens.isoformat())
    await eventually(lambda: _audience(house, mailing, size), 60, every=0.02)
    planned, planning_cpu = time.monotonic() - launched, _cpu(house) - cpu
    counted = await house.accepted(1, patience=30)
    first_call = (datetime.fromisoformat(counted["first_at"]) - opens).total_seconds()
    await asyncio.sleep(send_seconds)
    (await house.api.post(f"/mailings/{mailing}/cancel")).raise_for_status()
    memory = {name: usage(house.pid(name)).memory for name in ("scheduler", "api", "stats")}
    return Measured(
        clients=size,
        preview=preview,
        planned=planned,
        planning_cpu=planning_cpu,
        first_call=first_call,
        scheduler_mb=memory["scheduler"],
        api_mb=memory["api"],
        stats_mb=memory["stats"],
    )


async def _grow(house: House, before: int, size: int) -> None:
    """Imports what is missing, and waits until the scheduler's copy has it."""
    for start in range(before, size, IMPORT_AT_ONCE):
        phones = range(start, min(size, start + IMPORT_AT_ONCE))
        done = await house.import_clients(csv_of(phones, inhabited_zones()[:ZONES], "bench"))
        assert done["rows_accepted"] == len(phones), done
    await _counts(house, "SELECT count(*) FROM client", size)


async def _settled(house: House) -> None:
    """The mailing before was cancelled: every client of it gets a row that says so."""
    await _counts(house, "SELECT count(*) FROM wave WHERE phase IN ('open', 'settling')", 0)


async def _counts(house: House, query: str, expected: int) -> None:
    scheduler = await asyncpg.connect(house.database("scheduler"))

    async def as_expected() -> bool:
        return bool(await scheduler.fetchval(query) == expected)

    try:
        await eventually(as_expected, 600, every=0.5)
    finally:
        await scheduler.close()


async def _preview(house: House, size: int) -> float:
    now = datetime.now(UTC)
    body = {
        "text": "The bells ring",
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(days=2)).isoformat(),
        "window": {"from": "10:00", "to": "20:00"},
        "filter": {"tags": ["bench"]},
    }
    started = time.monotonic()
    answer = await house.api.post("/mailings/preview", json=body)
    taken = time.monotonic() - started
    assert answer.status_code == 200, answer.text
    assert answer.json()["audience"] == size, answer.json()["audience"]
    return taken


async def _audience(house: House, mailing: int, size: int) -> Json | None:
    books = await house.books(mailing)
    return books if books["audience"] == size else None


def _cpu(house: House) -> float:
    return usage(house.pid("scheduler")).cpu + usage(house.pid("postgres")).cpu


def _table(measured: Sequence[Measured]) -> Table:
    table = Table(title=f"Planning over {ZONES} zones")
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    for one in measured:
        values = (getattr(one, name) for name in COLUMNS)
        table.add_row(*(f"{v:,}" if isinstance(v, int) else f"{v:,.2f}" for v in values))
    return table


if __name__ == "__main__":
    main()
