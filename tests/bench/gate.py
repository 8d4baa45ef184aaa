"""``python -m tests.bench.gate``: fails when a message costs clearly more CPU than it did.

Machines differ, so what is compared is a ratio: CPU per message, all processes, to the cost of a
loop that always does the same (``calibration.py``), both of the same minute. The figure that holds
is committed beside this file; ``--write`` puts down a new one, to be committed with the reason.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from tests.bench.calibration import cost_of_a_round
from tests.bench.load import Load, run

COMMITTED = Path(__file__).with_name("gate.json")
LOAD = Load(clients=15_000, zones=24)
DEARER = 1.25
# A neighbour on a shared machine can spoil a run, and never makes one cheaper: one good run is
# proof enough, and so many bad ones are no chance.
TRIES = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gate", description=__doc__)
    parser.add_argument("--write", action="store_true", help="measure the figure anew")
    options = parser.parse_args()
    if options.write:
        ratio = statistics.median(measured() for _ in range(TRIES))
        COMMITTED.write_text(json.dumps({"rounds_per_message": round(ratio, 4)}) + "\n")
        return 0
    return 0 if passes(json.loads(COMMITTED.read_text())["rounds_per_message"]) else 1


def passes(committed: float) -> bool:
    limit = committed * DEARER
    for _ in range(TRIES):
        ratio = measured()
        print(f"{ratio:.4f} rounds a message; {committed:.4f} committed, {limit:.4f} at most")
        if ratio <= limit:
            return True
    print("A message costs more than it did. If it has to: --write, and say why in the commit.")
    return False


def measured() -> float:
    """CPU per message, in rounds of the loop."""
    before = cost_of_a_round()
    cost = run(LOAD).cpu_in_all
    per_round = statistics.mean((before, cost_of_a_round()))
    print(f"{cost:.0f} µs of CPU per message, {per_round:.0f} µs a round of the loop")
    return cost / per_round


if __name__ == "__main__":
    sys.exit(main())
