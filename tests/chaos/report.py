"""What is told at the end: the table, and the runs for whoever wants them all."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

from rich.table import Table

from tests.chaos.runs import Run

HEADINGS = (
    "scenario",
    "runs",
    "messages",
    "lost",
    "repeated",
    "lost answers",
    "at kills",
    "unexplained",
    "left behind",
    "longest recovery",
)


def told(runs: Sequence[Run]) -> Table:
    """A row per scenario, in the order in which they were carried out."""
    table = Table(title="What went wrong, and what came of it")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if number else "left")
    for name, of_scenario in groupby(runs, key=lambda run: run.scenario):
        table.add_row(*row(name, list(of_scenario)))
    return table


def as_json(runs: Sequence[Run]) -> str:
    return json.dumps([asdict(run) | {"faults": run.faults} for run in runs], indent=2)


def row(name: str, runs: Sequence[Run]) -> list[str]:
    verdicts = [run.verdict for run in runs]
    answers = sum(verdict.after_lost_answers for verdict in verdicts)
    kills = sum(verdict.at_kills for verdict in verdicts)
    unexplained = sum(verdict.unexplained for verdict in verdicts) + sum(
        run.changed for run in runs
    )
    counts = (
        len(runs),
        sum(run.messages for run in runs),
        sum(verdict.lost for verdict in verdicts),
        answers + kills + unexplained,
        answers,
        kills,
        unexplained,
        sum(sum(run.remains.values()) for run in runs),
    )
    return [name, *map(str, counts), f"{max(verdict.stillness for verdict in verdicts):.1f} s"]
