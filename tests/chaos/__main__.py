"""``python -m tests.chaos``: real processes, real servers, real kills; the provider is the judge.

Every run of a scenario is one mailing, during which things go wrong in the way that the scenario's
seed decides. After it: nothing lost, every repeat explained and the same message again, the books
balance, and nothing is left lying anywhere. Prints a table; exits 1 when a run was not so.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.chaos.clocks import ensure_library_installed
from tests.chaos.extent import Extent
from tests.chaos.report import as_json, told
from tests.chaos.runs import Run, carry_out
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.sites import Site, Sites

WIDTH = 140  # columns, also where the output is a file


def main() -> None:
    options = _options()
    ensure_library_installed()
    runs = asyncio.run(_runs(options))
    if options.report is not None:
        options.report.write_text(as_json(runs))
    Console(width=WIDTH).print(told(runs))
    sys.exit(not all(run.sound for run in runs))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000, help="in each run")
    parser.add_argument("--seed", type=int, default=1, help="of the first run of each scenario")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each scenario")
    parser.add_argument(
        "--short", action="store_true", help="pauses of seconds, not of half a minute"
    )
    parser.add_argument("--patience", type=float, help="seconds for the end of each mailing")
    parser.add_argument("--report", type=Path, help="a file for the runs, as JSON")
    parser.add_argument(
        "--scenario",
        action="append",
        choices=list(SCENARIOS),
        help="may be given more than once; without it all are carried out",
    )
    return parser.parse_args()


async def _runs(options: argparse.Namespace) -> list[Run]:
    """No run meets what another has left behind: after one that was not sound all begins anew."""
    extent = Extent.short() if options.short else Extent.long()
    if options.patience is not None:
        extent = replace(extent, patience=options.patience)
    runs: list[Run] = []
    sites = Sites()
    try:
        for number, (name, seed) in enumerate(_wanted(options), 1):
            first = number * options.messages
            phones = range(first, first + options.messages)
            scenario = SCENARIOS[name]
            site = await sites.on(scenario.ground)
            try:
                run = await carry_out(site, scenario, seed, phones, extent)
            except BaseException:
                _keep_logs(site)
                raise
            print(run.sentence, flush=True)
            runs.append(run)
            if not run.sound:
                _keep_logs(site)
                await sites.drop()
    finally:
        await sites.drop()
    return runs


def _wanted(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    for name in options.scenario or SCENARIOS:
        yield from ((name, options.seed + more) for more in range(options.rounds))


def _keep_logs(site: Site) -> None:
    kept = Path(tempfile.mkdtemp(prefix="carillon-chaos-logs-"))
    for log in (site.house.home / "run").glob("*.log"):
        shutil.copy(log, kept)
    print(f"The logs are kept in {kept}.", flush=True)


if __name__ == "__main__":
    main()
