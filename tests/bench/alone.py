"""``python -m tests.bench.alone``: the gateway's pace when everything else stands still.

The scheduler, the senders, stats and RabbitMQ are stopped (SIGSTOP): they neither answer nor hang
up. Fifty times a second a client or a mailing is made, changed or read.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from tests.bench.latency import Asker, a_client, a_draft, p99
from tests.e2e.test_alone import standing_still
from tests.support.house import TWO_OF_EACH, House, running_house


async def _run(home: Path, rate: float, seconds: float) -> Asker:
    async with running_house(home, TWO_OF_EACH) as house:
        asker = Asker(await _requests(house))
        async with standing_still(house):
            until = time.monotonic() + seconds
            await asker.run(rate, lambda: time.monotonic() < until)
    return asker


async def _requests(house: House) -> Callable[[int], Awaitable[httpx.Response]]:
    """Half of them write."""
    new_client = a_client(house)
    client = (await new_client(0)).json()["id"]
    draft = (await a_draft(house)(0)).json()["id"]
    kinds: tuple[Callable[[int], Awaitable[httpx.Response]], ...] = (
        new_client,
        a_draft(house),
        lambda number: house.api.patch(f"/clients/{client}", json={"name": f"Ann {number}"}),
        lambda number: house.api.patch(f"/mailings/{draft}", json={"name": f"Draft {number}"}),
        lambda _: house.api.get("/clients?limit=50"),
        lambda _: house.api.get("/mailings"),
        lambda _: house.api.get(f"/clients/{client}"),
        lambda _: house.api.get(f"/mailings/{draft}"),
    )
    return lambda number: kinds[number % len(kinds)](number)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.alone", description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="carillon-alone-"))
    home.chmod(0o711)  # the user PostgreSQL runs as must get through, to its own folder
    try:
        asker = asyncio.run(_run(home / "house", options.rate, options.seconds))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{len(asker.seconds):,} requests, {asker.refused} refused")
    print(f"median {1000 * statistics.median(asker.seconds):.0f} ms")
    for name, seconds in sorted(asker.by_request.items()):
        print(f"{name:24} 99 % {1000 * p99(seconds):.0f} ms, worst {1000 * max(seconds):.0f} ms")
    print(f"all: 99 % {1000 * p99(asker.seconds):.0f} ms, worst {1000 * max(asker.seconds):.0f} ms")


if __name__ == "__main__":
    main()
