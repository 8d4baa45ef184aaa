"""`python -m deploy.demo --api URL --simulator URL`: run the demo against a system that is up.

The exit status is 0 when the books balance and agree with the provider's, else 1.
"""

import argparse
import os
import sys

import httpx
from rich.console import Console

from deploy.demo.carillon import Carillon, DemoFailedError
from deploy.demo.run import Demo
from deploy.demo.simulator import Simulator

CLIENTS = 2_000
MOST_CLIENTS = 10_000  # as many phone numbers as a run has


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description=__doc__)
    parser.add_argument("--api", required=True, help="where Carillon's api answers")
    parser.add_argument("--simulator", required=True, help="where the simulator answers")
    parser.add_argument("--email", default=os.environ.get("API_ADMIN_EMAIL", "admin@example.com"))
    parser.add_argument(
        "--clients",
        type=int,
        default=CLIENTS,
        choices=range(1, MOST_CLIENTS + 1),
        metavar=f"1..{MOST_CLIENTS}",
    )
    return parser.parse_args()


def main() -> int:
    given = arguments()
    password = os.environ.get("API_ADMIN_PASSWORD")
    console = Console()
    if not password:
        console.print("API_ADMIN_PASSWORD must be set: the password of a user who may launch.")
        return 2
    try:
        with Carillon(given.api) as carillon, Simulator(given.simulator) as simulator:
            carillon.login(given.email, password)
            verdict = Demo(carillon, simulator, console, given.clients).run()
    except (DemoFailedError, httpx.HTTPError) as failure:
        console.print(f"[bold red]The demo failed:[/] {failure}", highlight=False)
        return 1
    return 1 if verdict.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
