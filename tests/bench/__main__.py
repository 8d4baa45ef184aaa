"""``python -m tests.bench``: how fast and how small, end to end, with every process real.

Imports clients, sends them a mailing through the simulator without faults, and prints rates, CPU
per message and memory of every process. On a shared machine compare figures of one run, and
take medians of several (``--runs``).
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shared.domain.zones import inhabited_zones
from tests.bench.processes import Usage, usage
from tests.support.house import House, csv_of, running_house

OURS = ("api", "scheduler", "stats", "simulator")
SERVERS = ("postgres", "rabbitmq")


@dataclass(frozen=True)
class Result:
    """Seconds, rates per second, CPU microseconds per message, MB."""

    clients: int
    import_per_second: float
    first_call: float
    messages_per_second: float
    books_closed: float
    repeats: int
    cpu_per_message: dict[str, float]
    memory: dict[str, float]


def main() -> None:
    options = _options()
    results = asyncio.run(_runs(options))
    _show(results)
    if options.json:
        Path(options.json).write_text(json.dumps(_document(results), indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("-n", "--clients", type=int, default=50_000)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=100, help="calls in flight per sender")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="of the provider")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", help="write the results to this file too")
    return parser.parse_args()


async def _runs(options: argparse.Namespace) -> list[Result]:
    settings = {
        "SENDER_REPLICAS": str(options.senders),
        "SENDER_CONCURRENCY": str(options.concurrency),
    }
    return [await _run(options, settings) for _ in range(options.runs)]


async def _run(options: argparse.Namespace, settings: Mapping[str, str]) -> Result:
    home = Path(tempfile.mkdtemp(prefix="carillon-bench-"))
    try:
        async with running_house(home, settings) as house:
            return await _measure(house, options)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _measure(house: House, options: argparse.Namespace) -> Result:
    count = options.clients
    await house.misbehave(latency_ms=options.latency_ms)
    started = time.monotonic()
    await house.import_clients(csv_of(range(count), inhabited_zones(), "bench"))
    imported = time.monotonic() - started

    names = [*OURS, *(f"sender-{n + 1}" for n in range(options.senders)), *SERVERS]
    before = {name: usage(house.pid(name)) for name in names}
    launched = datetime.now(UTC)
    mailing = await house.launch(filter={"tags": ["bench"]})
    books = await house.finished(mailing, patience=count / 100 + 60)
    closed = datetime.now(UTC)
    provider = await house.provider()
    after = {name: usage(house.pid(name)) for name in names}

    first, last = (datetime.fromisoformat(provider[key]) for key in ("first_at", "last_at"))
    if not books["by_status"]["sent"] == provider["distinct"] == count:
        raise SystemExit(f"Not everything was sent: {books['by_status']} {provider}")
    return Result(
        clients=count,
        import_per_second=count / imported,
        first_call=(first - launched).total_seconds(),
        messages_per_second=count / (last - first).total_seconds(),
        books_closed=(closed - last).total_seconds(),
        repeats=provider["repeats"],
        cpu_per_message=_cpu(before, after, count),
        memory={name: used.memory for name, used in after.items()},
    )


def _cpu(before: Mapping[str, Usage], after: Mapping[str, Usage], count: int) -> dict[str, float]:
    """A process that ended meanwhile (a backend of PostgreSQL) takes its share with it."""
    return {name: (after[name].cpu - before[name].cpu) / count * 1e6 for name in after}


def _show(results: list[Result]) -> None:
    console = Console()
    figures = Table(title=f"{results[0].clients:,} clients, median of {len(results)} run(s)")
    figures.add_column("figure")
    figures.add_column("value", justify="right")
    for name, unit in (
        ("import_per_second", "clients/s"),
        ("first_call", "s after launch"),
        ("messages_per_second", "messages/s"),
        ("books_closed", "s after the last call"),
        ("repeats", ""),
    ):
        value = statistics.median(getattr(result, name) for result in results)
        figures.add_row(name.replace("_", " "), f"{value:,.2f} {unit}")
    console.print(figures)
    console.print(_processes(results))


def _processes(results: list[Result]) -> Table:
    table = Table(title="Every process")
    for heading in ("process", "CPU µs per message", "memory MB"):
        table.add_column(heading, justify="left" if heading == "process" else "right")
    total = 0.0
    for name in results[0].cpu_per_message:
        cpu = statistics.median(result.cpu_per_message[name] for result in results)
        memory = statistics.median(result.memory[name] for result in results)
        total += cpu
        table.add_row(name, f"{cpu:,.0f}", f"{memory:,.0f}")
    table.add_row("sum", f"{total:,.0f}", "")
    return table


def _document(results: list[Result]) -> dict[str, object]:
    machine = {
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    return {"machine": machine, "runs": [vars(result) for result in results]}


if __name__ == "__main__":
    main()
