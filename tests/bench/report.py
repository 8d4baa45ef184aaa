"""What was measured, for programs (JSON, with the machine's facts) and on the terminal."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import nginx
from tests.bench.celery_kind import BaselineResult
from tests.bench.load import Result
from tests.bench.sheets import Sheet

WIDTH = 160  # columns, also where the output is a file


def told(results: Sequence[Result], baseline: Sequence[BaselineResult]) -> dict[str, Any]:
    """The runs of one load."""
    return {
        "load": asdict(results[0].load),
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


def show(sheets: Iterable[Sheet]) -> None:
    console = Console(width=WIDTH)
    for sheet in sheets:
        table = Table(title=sheet.title)
        for number, heading in enumerate(sheet.headings):
            table.add_column(heading, justify="right" if number else "left")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)


def _first(file: str, name: str) -> str:
    """The value of the first line of that name; on other processors it may have another."""
    lines = Path(file).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "?")
