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
from pathlib import Path

from rich.console import Console

from tests.chaos.report import told
from tests.chaos.runs import SETTINGS, Run, carry_out
from tests.chaos.scenarios import SCENARIOS, Extent
from tests.support.house import running_house


def main() -> None:
    runs = asyncio.run(_runs(_options()))
    Console().print(told(runs))
    sys.exit(not all(run.sound for run in runs))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000, help="in each run")
    parser.add_argument("--seed", type=int, default=1, help="of the first run of each scenario")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each scenario")
    parser.add_argument(
        "--short", action="store_true", help="pauses of seconds, not of half a minute"
    )
    parser.add_argument(
        "--scenario",
        action="append",
        choices=list(SCENARIOS),
        help="may be given more than once; without it all are carried out",
    )
    return parser.parse_args()


async def _runs(options: argparse.Namespace) -> list[Run]:
    home = Path(tempfile.mkdtemp(prefix="carillon-chaos-"))
    extent = Extent.short() if options.short else Extent.long()
    runs: list[Run] = []
    try:
        async with running_house(home, SETTINGS) as house:
            for name in options.scenario or SCENARIOS:
                for seed in range(options.seed, options.seed + options.rounds):
                    first = (len(runs) + 1) * options.messages
                    phones = range(first, first + options.messages)
                    runs.append(await carry_out(house, SCENARIOS[name], seed, phones, extent))
                    print(runs[-1].sentence, flush=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return runs


if __name__ == "__main__":
    main()
