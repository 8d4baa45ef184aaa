"""The table adds up what the runs of a scenario proved."""

import json
from dataclasses import replace

import pytest

from tests.chaos.judge import Verdict
from tests.chaos.report import HEADINGS, as_json, row
from tests.chaos.runs import Run

VERDICT = Verdict(
    lost=0, after_lost_answers=3, at_kills=2, unexplained=0, stillness=1.25, harmed=True
)
RUN = Run("any", 1, 500, VERDICT, 0, {"sent": 500}, {}, 9.0)


def test_a_row_sums_the_runs_and_keeps_the_longest_recovery() -> None:
    slower = replace(RUN, changed=1, verdict=replace(VERDICT, stillness=7.0))
    cells = dict(zip(HEADINGS, row("any", [RUN, slower]), strict=True))
    assert cells["runs"] == "2"
    assert cells["messages"] == "1000"
    assert (cells["repeated"], cells["lost answers"], cells["at kills"]) == ("11", "6", "4")
    assert cells["unexplained"] == "1"
    assert cells["longest recovery"] == "7.0 s"


@pytest.mark.parametrize(
    "run",
    [
        replace(RUN, changed=1),
        replace(RUN, remains={"send.dead": 1}),
        replace(RUN, failure="stuck: nothing came of it"),
        replace(RUN, verdict=replace(VERDICT, lost=1)),
        replace(RUN, verdict=replace(VERDICT, unexplained=1)),
        replace(RUN, verdict=replace(VERDICT, harmed=False)),
    ],
)
def test_a_run_with_any_fault_is_not_sound(run: Run) -> None:
    assert RUN.sound
    assert not run.sound


def test_the_runs_are_told_with_their_faults() -> None:
    (told,) = json.loads(as_json([replace(RUN, verdict=replace(VERDICT, lost=7))]))
    assert (told["scenario"], told["verdict"]["lost"]) == ("any", 7)
    assert told["faults"] == ["7 lost"]
