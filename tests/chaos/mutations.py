"""``python -m tests.chaos.mutations``: guarantees taken out, one at a time, to see them missed.

The tree is copied, in the copy one thing is changed that the whole rests on, and a scenario that
must notice is carried out there. The same scenarios find nothing where nothing was changed, or
their finding something would prove nothing. Prints a table; exits 1 when it is not so.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 140
NOT_COPIED = (".*", "__pycache__", "node_modules", "dist")
# A mailing that lost somebody never ends: this long is waited for it, where ten seconds are usual.
PATIENCE = 30


@dataclass(frozen=True)
class Mutation:
    """``text`` is in ``file`` exactly once; ``becomes`` takes its place."""

    name: str
    file: str
    text: str
    becomes: str
    scenario: str


class MutationNotPossibleError(Exception):
    """The text that a mutation changes is not there, or not once: the mutation must be mended."""


MUTATIONS = (
    Mutation(
        "ack before the outcome is recorded",
        "services/sender/handlers/recording.py",
        "        recorded = await until_done(",
        "        await self._publishing._custody.settle([o.work for o in outcomes])\n"
        "        recorded = await until_done(",
        scenario="outcomes-cut-off",
    ),
    Mutation(
        "batch forgotten before the confirm",
        "services/scheduler/handlers/publishing.py",
        "        now = self._clock.now()\n        members = batch.members\n",
        "        await self._messages.published(batch)\n"
        "        now = self._clock.now()\n        members = batch.members\n",
        scenario="batch-cut-off",
    ),
    Mutation(
        "claim without compare-and-set",
        "services/sender/adapters/ledger_sql.py",
        "    WHERE {_MAY_CALL}\n    RETURNING message_id, uncertain\n",
        "    RETURNING message_id, uncertain\n",
        scenario="batch-cut-off",
    ),
)


@dataclass(frozen=True)
class Finding:
    """``mutation``: None where nothing was changed."""

    mutation: Mutation | None
    scenario: str
    faults: Sequence[str]

    @property
    def as_it_must_be(self) -> bool:
        return bool(self.faults) is (self.mutation is not None)

    @property
    def name(self) -> str:
        return "nothing" if self.mutation is None else self.mutation.name

    @property
    def told(self) -> str:
        if self.mutation is None:
            return "; ".join(self.faults) or "nothing to notice"
        return "; ".join(self.faults) or "NOT NOTICED"


def apply(mutation: Mutation, tree: Path) -> None:
    file = tree / mutation.file
    source = file.read_text()
    found = source.count(mutation.text)
    if found != 1:
        raise MutationNotPossibleError(f"{mutation.name}: found {found} times in {mutation.file}")
    file.write_text(source.replace(mutation.text, mutation.becomes))


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """A copy of the tree without what is made or installed in it."""
    with tempfile.TemporaryDirectory(prefix="carillon-mutated-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(root, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
        yield tree


def carry_out(scenario: str, tree: Path, messages: int, seed: int) -> Sequence[str]:
    """What the scenario found in a tree: nothing, if all is as it should be."""
    report = tree / "report.json"
    command = [sys.executable, "-m", "tests.chaos", "--short", "--rounds", "1"]
    command += ["--scenario", scenario, "--messages", str(messages), "--seed", str(seed)]
    command += ["--patience", str(PATIENCE), "--report", str(report)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if not report.exists():
        raise RuntimeError(f"{scenario} was not carried out:\n{done.stdout}{done.stderr}")
    return [fault for run in json.loads(report.read_text()) for fault in run["faults"]]


def find(
    root: Path, mutations: Sequence[Mutation], look: Callable[[str, Path], Sequence[str]]
) -> Iterator[Finding]:
    for scenario in sorted({mutation.scenario for mutation in mutations}):
        with copied(root) as tree:
            yield Finding(None, scenario, look(scenario, tree))
    for mutation in mutations:
        with copied(root) as tree:
            apply(mutation, tree)
            yield Finding(mutation, mutation.scenario, look(mutation.scenario, tree))


def told(findings: Sequence[Finding]) -> Table:
    table = Table(title="What was taken out, and what the runs noticed")
    for heading in ("taken out", "scenario", "noticed", "as it must be"):
        table.add_column(heading)
    for each in findings:
        must = "yes" if each.as_it_must_be else "NO"
        table.add_row(each.name, each.scenario, each.told, must)
    return table


def main() -> None:
    options = _options()
    wanted = [one for one in MUTATIONS if one.name in (options.mutation or [one.name])]
    findings: list[Finding] = []

    def look(scenario: str, tree: Path) -> Sequence[str]:
        return carry_out(scenario, tree, options.messages, options.seed)

    for each in find(ROOT, wanted, look):
        print(f"{each.name}, {each.scenario}: {each.told}", flush=True)
        findings.append(each)
    Console(width=WIDTH).print(told(findings))
    sys.exit(not all(each.as_it_must_be for each in findings))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.mutations", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000, help="in each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutation", action="append", choices=[one.name for one in MUTATIONS])
    return parser.parse_args()


if __name__ == "__main__":
    main()
