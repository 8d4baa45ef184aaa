"""The measured part of docs/performance.md: tables and a chart, made of docs/performance.json."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pygal
from pygal.style import CleanStyle

from tests.bench.sheets import Sheet, cpu_of, named, of_growth, of_import, of_latency, of_load

# Pygal leaves a finder of modules behind that Python no longer asks, but warns of at each import.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

Json = dict[str, Any]

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CHAPTERS = {
    "reach": "A provider that answers at once",
    "slow_provider": "A provider that takes its time",
    "clients": "Ten thousand clients and a million",
    "mailings": "One mailing and two hundred at once",
    "blocked": "Nobody blocked, and one in twenty",
    "import": "An import of a million clients",
    "latency": "What people notice meanwhile",
}
# The bars of the chart, in the order in which a message passes them.
PROCESSES = ("api", "scheduler", "sender", "stats", "postgres", "rabbitmq", "nginx")


def write_figures(page: Path, document: Json) -> None:
    """Between the two marks; what stands around them is written by people."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{figures(document)}\n{END}{after}")


def figures(document: Json) -> str:
    return "\n".join(
        f"### {title}\n\n{_where(document[name])}\n\n{_sheets(name, document[name])}"
        for name, title in CHAPTERS.items()
        if name in document
    )


def chart(document: Json) -> str:
    """SVG: CPU per message by process, a bar per load on a provider that answers at once."""
    chapters = [document[name] for name in ("reach", "clients", "mailings") if name in document]
    loads = [one for chapter in chapters for one in chapter["loads"]]
    bars = pygal.HorizontalStackedBar(
        style=CleanStyle,
        js=[],
        width=900,
        height=120 + 45 * len(loads),
        title="CPU per message, µs",
        legend_at_bottom=True,
        legend_at_bottom_columns=len(PROCESSES),
    )
    bars.x_labels = [named(one["load"]) for one in loads]
    for who in PROCESSES:
        bars.add(who, [round(cpu_of(one["runs"], who), 1) for one in loads])
    said: str = bars.render(is_unicode=True)
    return said + "\n"


def _sheets(name: str, chapter: Json) -> str:
    if name == "latency":
        sheets = [of_latency(chapter["runs"])]
    elif name == "import":
        sheets = [of_import(chapter["runs"], chapter["with_readers"])]
    elif len(chapter["loads"]) > 1:
        sheets = [of_growth("", chapter["loads"])]
    else:
        sheets = of_load(chapter["loads"][0])
    return "\n".join(map(_markdown, sheets))


def _markdown(sheet: Sheet) -> str:
    title = f"{sheet.title}:\n\n" if sheet.title else ""
    rule: Sequence[str] = ["---", *["---:"] * (len(sheet.headings) - 1)]
    lines = (f"| {' | '.join(line)} |\n" for line in (sheet.headings, rule, *sheet.rows))
    return title + "".join(lines)


def _where(chapter: Json) -> str:
    machine = chapter["machine"]
    return (
        f"Measured on {chapter['on']}: {machine['cores']} cores of {machine['processor']},"
        f" {round(machine['memory_mb'] / 1024)} GB, Linux {machine['kernel']},"
        f" Python {machine['python']}, {machine['provider']}."
    )
