"""What this machine's CPU is worth now: the cost of a loop that always does the same.

Run on all cores at once, because a core is slower while its neighbour works, as it does in the
bench. The loop does what services do: JSON, dictionaries, sorting, hashing.
"""

import hashlib
import json
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

SECONDS = 1.5
_DOCUMENT = {f"field_{n}": [n, str(n), n / 7, None, n % 2 == 0] for n in range(40)}


def cost_of_a_round(seconds: float = SECONDS) -> float:
    """CPU microseconds: the median over all rounds of all cores."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        costs = [cost for one in pool.map(_rounds, [seconds] * cores) for cost in one]
    return statistics.median(costs)


def _rounds(seconds: float) -> list[float]:
    costs = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.process_time_ns()
        a_round()
        costs.append((time.process_time_ns() - started) / 1000)
    return costs


def a_round() -> int:
    """Always the same number."""
    total = 0
    for n in range(20):
        text = json.dumps(_DOCUMENT | {"n": n})
        found = json.loads(text)
        ordered = sorted(found.items(), key=lambda item: str(item[1]), reverse=True)
        counted = {key: len(str(value)) + n for key, value in ordered}
        total += sum(counted.values()) + hashlib.sha256(text.encode()).digest()[0]
    return total
