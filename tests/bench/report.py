"""What was measured, for people (tables) and for programs (JSON with the machine's facts)."""

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.bench import nginx
from tests.bench.celery_kind import BaselineResult
from tests.bench.load import Load, Result

# Of a result: the name of a figure, how it is written, its unit.
FIGURES: tuple[tuple[str, str, str], ...] = (
    ("messages_per_second", ",.0f", "messages/s"),
    ("cpu_in_all", ",.0f", "µs of CPU per message, all processes"),
    ("first_call", ".2f", "s after the launch"),
    ("last_call", ".1f", "s after the launch"),
    ("books_closed", ".2f", "s after the last call"),
    ("repeats", ".0f", "messages"),
    ("imported_per_second", ",.0f", "clients/s"),
    ("copied_after", ".1f", "s after the import"),
)


def document(results: Sequence[Result], baseline: Sequence[BaselineResult]) -> dict[str, Any]:
    return {
        "machine": machine(),
        "runs": [asdict(one) | {"cpu_in_all": one.cpu_in_all} for one in results],
        "baseline": [asdict(one) | {"cpu_in_all": one.cpu_in_all} for one in baseline],
    }


def machine() -> dict[str, Any]:
    return {
        "processor": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_mb": int(_first("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "provider": nginx.version(),
    }


def tables(results: Sequence[Result], baseline: Sequence[BaselineResult]) -> list[Table]:
    """Medians of the runs of one load."""
    found = [_figures(results), _processes(results), _postgres(results), _sizes(results)]
    return [*found, _compared(results, baseline)] if baseline else found


def median(results: Sequence[Any], value: Callable[[Any], float]) -> float:
    return statistics.median(map(value, results))


def described(load: Load) -> str:
    return (
        f"{load.clients:,} clients, {load.zones} zones, {load.mailings} mailing(s),"
        f" {load.senders} sender(s) of {load.concurrency} calls,"
        f" a provider of {load.latency * 1000:.0f} ms"
    )


def _figures(results: Sequence[Result]) -> Table:
    table = Table(title=f"{described(results[0].load)}; median of {len(results)} run(s)")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("")
    for name, form, unit in FIGURES:
        value = median(results, attrgetter(name))
        table.add_row(name.replace("_", " "), format(value, form), unit)
    return table


def _processes(results: Sequence[Result]) -> Table:
    table = _table("Every process", "process", "CPU µs per message", "memory MB")
    for name in results[0].cpu:
        cpu, memory = _of(results, "cpu", name), _of(results, "memory", name)
        table.add_row(name, f"{cpu:,.1f}", f"{memory:,.0f}")
    table.add_row("sum", f"{median(results, attrgetter('cpu_in_all')):,.1f}", "")
    return table


def _postgres(results: Sequence[Result]) -> Table:
    table = _table("PostgreSQL, by whose sessions", "database", "CPU µs per message")
    for name in sorted(results[0].cpu_of_postgres):
        table.add_row(name, f"{_of(results, 'cpu_of_postgres', name):,.1f}")
    return table


def _sizes(results: Sequence[Result]) -> Table:
    table = _table("What a message leaves on disk", "database", "bytes")
    for name in results[0].bytes_per_message:
        table.add_row(name, f"{_of(results, 'bytes_per_message', name):,.0f}")
    return table


def _compared(results: Sequence[Result], baseline: Sequence[BaselineResult]) -> Table:
    table = _table("Beside the usual way, in the same run", "", "messages/s", "CPU µs per message")
    rows: Mapping[str, Sequence[Any]] = {"Carillon": results, "Django, Celery, Redis": baseline}
    rates, costs = (
        {who: median(of, attrgetter(name)) for who, of in rows.items()}
        for name in ("messages_per_second", "cpu_in_all")
    )
    for who in rows:
        table.add_row(who, f"{rates[who]:,.0f}", f"{costs[who]:,.0f}")
    (ours, theirs), (our_cost, their_cost) = rates.values(), costs.values()
    table.add_row("ratio", f"{ours / theirs:,.1f}", f"1 : {their_cost / our_cost:,.1f}")
    return table


def _of(results: Sequence[Result], field: str, name: str) -> float:
    return median(results, lambda one: getattr(one, field).get(name, 0.0))


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _first(file: str, name: str) -> str:
    """The value of the first line of that name; on other processors it may have another."""
    lines = Path(file).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "?")
