"""``python -m tests.bench``: how fast and how small, end to end, with every process real.

Imports clients, sends them a mailing through nginx as the provider, and prints rates, CPU per
message and memory of every process; with ``--baseline N`` also times the usual way of building
such a service, in turns with ours. On a shared machine compare figures of one run, and take
medians of several (``--runs``).
"""

import argparse
import json
from pathlib import Path

from tests.bench.celery_kind import BaselineResult, run_baseline
from tests.bench.load import Load, Result, run
from tests.bench.report import machine, show, told
from tests.bench.sheets import of_load


def main() -> None:
    options = _options()
    load = Load(
        clients=options.clients,
        senders=options.senders,
        concurrency=options.concurrency,
        latency=options.latency_ms / 1000,
        zones=options.zones,
        mailings=options.mailings,
        blocked=options.blocked,
    )
    results: list[Result] = []
    baseline: list[BaselineResult] = []
    for _ in range(options.runs):
        results.append(run(load))
        if options.baseline:
            baseline.append(run_baseline(options.baseline, latency=load.latency))
    found = told(results, baseline)
    show(of_load(found))
    if options.json:
        said = json.dumps({"machine": machine()} | found, indent=1)
        Path(options.json).write_text(said + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("-n", "--clients", type=int, default=50_000)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=200, help="calls in flight per sender")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="of the provider")
    parser.add_argument("--zones", type=int, default=400)
    parser.add_argument("--mailings", type=int, default=1, help="that share the clients")
    parser.add_argument("--blocked", type=int, default=0, help="clients, who are sent nothing")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument(
        "--baseline", type=int, default=0, help="clients of the usual way, 0: it is left out"
    )
    parser.add_argument("--json", help="write the results to this file too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
