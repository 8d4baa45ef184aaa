"""``python -m tests.bench.importing``: what it costs to import a million clients.

One file goes to a house that was just started, from 400 time zones, the phones in no order; with
``--known`` it was imported before, with another tag, so that clients are changed and not added. All
the while somebody reads the list of mailings, 50 times a second. Shown are the rows that the api's
store took per second (the upload included), how long after the end the scheduler's copy was
complete, CPU per row of each process and database until then, memory at its peak, and how long the
readers waited.
"""

import argparse
import asyncio
import itertools
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import asyncpg
import httpx

from shared.domain.zones import inhabited_zones
from tests.bench.processes import cpu_by_database, usage
from tests.bench.report import machine, show
from tests.bench.sheets import Sheet
from tests.support.house import House, Json, eventually, running_house

ROWS = 1_000_000
ZONES = 400
READS_PER_SECOND = 50.0
PATIENCE = 600.0
PROCESSES = ("api", "scheduler", "postgres", "rabbitmq")
# Steps through all nine digits without meeting one twice: a prime that is far from any pattern.
_STRIDE = 618_033_989


@dataclass(frozen=True)
class Load:
    """``known``: the clients are there already; ``reads``: a second, by others."""

    rows: int
    known: bool
    reads: float


@dataclass(frozen=True)
class Measured:
    """Seconds, MB at their peak, microseconds of CPU per row, milliseconds of a reader's wait."""

    rows_per_second: float
    uploaded: float
    copied_after: float
    cpu: Mapping[str, float]
    postgres: Mapping[str, float]
    memory: Mapping[str, float]
    reads: int
    read_p50: float
    read_p99: float
    read_slowest: float

    @property
    def cpu_in_all(self) -> float:
        return sum(self.cpu.values())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.importing", description=__doc__)
    parser.add_argument("-n", "--rows", type=int, default=ROWS)
    parser.add_argument("--known", action="store_true", help="import them before, with another tag")
    parser.add_argument("--reads", type=float, default=READS_PER_SECOND, help="a second; 0: none")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", help="write the results to this file too")
    options = parser.parse_args()
    load = Load(options.rows, options.known, options.reads)
    measured = [run(load) for _ in range(options.runs)]
    show([_sheet(load, measured)])
    if options.json:
        runs = [asdict(one) | {"cpu_in_all": one.cpu_in_all} for one in measured]
        found = {"machine": machine(), "load": asdict(load), "runs": runs}
        Path(options.json).write_text(json.dumps(found, indent=1) + "\n")


def run(load: Load) -> Measured:
    return asyncio.run(_run(load))


async def _run(load: Load) -> Measured:
    home = Path(tempfile.mkdtemp(prefix="carillon-importing-"))
    try:
        async with running_house(home, {"SENDER_REPLICAS": "1"}) as house:
            if load.known:
                await house.import_clients(_file(load.rows, "before"))
                await _copied(house, load.rows)
            return await _measure(house, load)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _file(rows: int, tag: str) -> bytes:
    """The numbers of an operator code live in ten zones: a thousand kinds of clients."""
    zones = inhabited_zones()[:ZONES]
    lines = ["phone,timezone,tags"]
    for number in range(rows):
        digits = f"{number * _STRIDE % 1_000_000_000:09d}"
        zone = zones[(int(digits[:2]) * 4 + number % 10) % ZONES]
        lines.append(f"79{digits},{zone},{tag}")
    return "\n".join(lines).encode()


async def _measure(house: House, load: Load) -> Measured:
    rows, body = load.rows, _file(load.rows, "bench")
    for name in PROCESSES:
        _forget_peak(house.pid(name))
    cpu, databases = _cpu(house), cpu_by_database(house.pid("postgres"))
    waits: list[float] = []
    readers = asyncio.create_task(_read(house, load.reads, waits))
    started = time.monotonic()
    number = await asyncio.to_thread(_upload, house, body)
    uploaded = time.monotonic() - started
    done = await eventually(lambda: _done(house, number), PATIENCE, every=0.2)
    taken = time.monotonic() - started
    readers.cancel()
    assert done["rows_accepted"] == rows, done
    await _copied(house, rows)
    copied_after = time.monotonic() - started - taken
    cpu_after, databases_after = _cpu(house), cpu_by_database(house.pid("postgres"))
    return Measured(
        rows_per_second=rows / taken,
        uploaded=uploaded,
        copied_after=copied_after,
        cpu=_per_row(cpu, cpu_after, rows),
        postgres=_per_row(databases, databases_after, rows),
        memory={name: usage(house.pid(name)).memory for name in PROCESSES},
        reads=len(waits),
        read_p50=statistics.median(waits or [0.0]),
        read_p99=statistics.quantiles(waits, n=100)[98] if len(waits) > 1 else 0.0,
        read_slowest=max(waits, default=0.0),
    )


def _forget_peak(pid: int) -> None:
    """A login takes 64 MB for a moment: what is looked for is the peak of the import."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _cpu(house: House) -> dict[str, float]:
    return {name: usage(house.pid(name)).cpu for name in PROCESSES}


def _per_row(
    before: Mapping[str, float], after: Mapping[str, float], rows: int
) -> dict[str, float]:
    return {name: (after[name] - before.get(name, 0.0)) / rows * 1e6 for name in after}


def _upload(house: House, body: bytes) -> int:
    """In a thread with a client of its own: the readers' clock must not wait for it."""
    headers = {"Content-Type": "text/csv", "Authorization": house.api.headers["Authorization"]}
    url = f"{house.api.base_url}clients/import"
    answer = httpx.post(url, content=body, headers=headers, timeout=PATIENCE, trust_env=False)
    assert answer.status_code == 202, answer.text
    return int(answer.json()["id"])


async def _done(house: House, number: int) -> Json | None:
    found = await house.ask(f"/imports/{number}")
    return found if found["state"] != "running" else None


async def _copied(house: House, rows: int) -> None:
    """Returns when the scheduler has applied the last news of clients that the api has written."""
    api = await asyncpg.connect(house.database("api"))
    scheduler = await asyncpg.connect(house.database("scheduler"))
    try:
        last = await api.fetchval(
            "SELECT greatest((SELECT clients FROM relayed), (SELECT max(id) FROM outbox))"
        )

        async def reached() -> bool:
            found = await scheduler.fetchval("SELECT clients_position FROM control")
            return bool(found >= last)

        await eventually(reached, PATIENCE, every=0.1)
        assert await scheduler.fetchval("SELECT count(*) FROM client") == rows
    finally:
        await api.close()
        await scheduler.close()


async def _read(house: House, a_second: float, waits: list[float]) -> None:
    """Asks at a steady pace, whatever the answers take; notes in ``waits`` how long each took."""
    if not a_second:
        return
    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            await asyncio.sleep(max(0.0, begun + number / a_second - time.monotonic()))
            group.create_task(_read_once(house, waits))


async def _read_once(house: House, waits: list[float]) -> None:
    asked = time.monotonic()
    await house.ask("/mailings")
    waits.append((time.monotonic() - asked) * 1000)


def _sheet(load: Load, measured: Sequence[Measured]) -> Sheet:
    kind = "clients that are known" if load.known else "new clients"
    title = f"Import of {load.rows:,} {kind}, {load.reads:g} reads/s meanwhile"
    rows = [
        (name, *(f"{value:,.1f}" for value in (statistics.median(values), *values)))
        for name, values in _figures(measured)
    ]
    return Sheet(title, ("", "median", *(f"run {n + 1}" for n in range(len(measured)))), rows)


def _figures(measured: Sequence[Measured]) -> Iterator[tuple[str, list[float]]]:
    yield "rows/s to the api's store", [one.rows_per_second for one in measured]
    yield "s until the file was taken", [one.uploaded for one in measured]
    yield "s from the end to the whole copy", [one.copied_after for one in measured]
    yield "CPU µs per row, all processes", [one.cpu_in_all for one in measured]
    for name in PROCESSES:
        yield f"CPU µs per row, {name}", [one.cpu[name] for one in measured]
    for name in ("api", "scheduler", "server"):
        yield f"of PostgreSQL's: {name}", [one.postgres.get(name, 0.0) for one in measured]
    for name in PROCESSES:
        yield f"MB, {name}", [one.memory[name] for one in measured]
    yield "reads, p50 ms", [one.read_p50 for one in measured]
    yield "reads, p99 ms", [one.read_p99 for one in measured]
    yield "reads, slowest ms", [one.read_slowest for one in measured]


if __name__ == "__main__":
    main()
