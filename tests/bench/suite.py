"""``python -m tests.bench.suite``: measures everything that docs/performance.md tells, and writes
it there, with the chart. About an hour; ``--only`` measures some chapters anew and keeps the rest.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import importing, latency
from tests.bench.celery_kind import BaselineResult, run_baseline
from tests.bench.load import Load, Result, run
from tests.bench.page import CHAPTERS, chart, write_figures
from tests.bench.report import machine, told

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIGURES = DOCS / "performance.json"
PAGE = DOCS / "performance.md"
CHART = DOCS / "performance.svg"

Json = dict[str, Any]


@dataclass(frozen=True)
class Chapter:
    """Loads that are compared with each other. ``baseline``: clients of the usual way, in turns
    with each run; 0: it is left out."""

    loads: Sequence[Load]
    runs: int = 1
    baseline: int = 0


LOADS = {
    "reach": Chapter([Load(50_000)], runs=3, baseline=5_000),
    "slow_provider": Chapter(
        [Load(50_000, senders=1, concurrency=300, latency=0.05)], runs=3, baseline=2_000
    ),
    "clients": Chapter([Load(10_000), Load(100_000), Load(1_000_000)]),
    # A mailing has five hundred clients, at last, in four hundred zones; or five thousand.
    "mailings": Chapter(
        [
            *(Load(100_000, mailings=number) for number in (1, 20, 200)),
            *(Load(1_000_000, mailings=number) for number in (1, 20, 200)),
        ]
    ),
    "blocked": Chapter([Load(50_000), Load(50_000, blocked=2_500)]),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.suite", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(CHAPTERS), default=list(CHAPTERS))
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page anew")
    options = parser.parse_args()
    document: Json = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for name in [] if options.page else options.only:
        document[name] = _measured(name)
        FIGURES.write_text(json.dumps(document, indent=1) + "\n")
    write_figures(PAGE, document)
    CHART.write_text(chart(document))


def _measured(name: str) -> Json:
    where: Json = {"on": datetime.now(UTC).date().isoformat(), "machine": machine()}
    if name == "latency":
        return where | {"runs": [asdict(latency.run(200_000, 2, 50.0)) for _ in range(3)]}
    if name == "import":
        alone, beside = (importing.Load(importing.ROWS, False, reads) for reads in (0.0, 50.0))
        return where | {
            "runs": [_imported(alone) for _ in range(3)],
            "with_readers": [_imported(beside)],
        }
    return where | {"loads": [_runs(load, LOADS[name]) for load in LOADS[name].loads]}


def _imported(load: importing.Load) -> Json:
    found = importing.run(load)
    return asdict(found) | {"cpu_in_all": found.cpu_in_all}


def _runs(load: Load, chapter: Chapter) -> Json:
    results: list[Result] = []
    baseline: list[BaselineResult] = []
    for _ in range(chapter.runs):
        results.append(run(load))
        if chapter.baseline:
            baseline.append(run_baseline(chapter.baseline, latency=load.latency))
    return told(results, baseline)


if __name__ == "__main__":
    main()
