"""``python -m tests.bench.latency``: what people notice while a large mailing runs at full speed.

Meanwhile the api is asked fifty times a second, a mailing to one client is launched as urgent every
few seconds, and the statistics are looked at. Everything shares one machine, this program included.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import httpx

from shared.domain.zones import inhabited_zones
from tests.bench.load import IMPORT_AT_ONCE
from tests.bench.nginx import FLUSHED_WITHIN, Answered, NginxProvider, running_nginx
from tests.bench.report import show
from tests.bench.sheets import of_latency
from tests.support.house import House, csv_of, eventually, running_house

ZONES = 400
URGENT = 20  # clients who are in a hurry, one after the other
URGENT_EVERY = 2.0
LOOK_EVERY = 0.25
TAG = "everybody"

Look = tuple[float, int]
_NUMBER = re.compile(r"(?<=/)\d+")


@dataclass(frozen=True)
class Latency:
    """Seconds. ``urgent``: from the request that launches until the call was answered; ``age``: how
    long the statistics had not shown an acceptance, at each look."""

    clients: int
    messages_per_second: float
    requests: int
    refused: int
    api_p50: float
    api_p99: float
    api_worst: float
    api_p99_of: Mapping[str, float]
    urgent: int
    urgent_p50: float
    urgent_worst: float
    looks: int
    age_p50: float
    age_p99: float
    age_worst: float


class Asker:
    """Asks at fixed instants, whether or not the answer before has come: a slow answer does not
    make the next question late. ``request`` makes the request of a number."""

    def __init__(self, request: Callable[[int], Awaitable[httpx.Response]]) -> None:
        self._request = request
        self.seconds: list[float] = []
        self.by_request: defaultdict[str, list[float]] = defaultdict(list)
        self.refused = 0

    async def run(self, rate: float, running: Callable[[], bool]) -> None:
        began, asked = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while running():
                group.create_task(self._ask(asked))
                asked += 1
                await asyncio.sleep(max(0.0, began + asked / rate - time.monotonic()))

    async def _ask(self, number: int) -> None:
        started = time.monotonic()
        answer = await self._request(number)
        taken = time.monotonic() - started
        self.seconds.append(taken)
        request = answer.request
        path = _NUMBER.sub("{id}", request.url.path.removeprefix("/api/v1"))
        self.by_request[f"{request.method} {path}"].append(taken)
        self.refused += not answer.is_success


def requests(house: House, mailing: int) -> Callable[[int], Awaitable[httpx.Response]]:
    """Of ten requests eight read and two write."""
    writes = (a_client(house), a_draft(house))
    paths = (
        f"/mailings/{mailing}",
        f"/mailings/{mailing}/statistics",
        "/mailings",
        "/clients?limit=50",
    )

    def request(number: int) -> Awaitable[httpx.Response]:
        kind = number % 10
        if kind < len(writes):
            return writes[kind](number)
        return house.api.get(paths[number % len(paths)])

    return request


def a_client(house: House) -> Callable[[int], Awaitable[httpx.Response]]:
    phones = count(990_000_000)

    def request(_: int) -> Awaitable[httpx.Response]:
        body = {"phone": f"79{next(phones):09d}", "timezone": "Europe/Moscow"}
        return house.api.post("/clients", json=body)

    return request


def a_draft(house: House) -> Callable[[int], Awaitable[httpx.Response]]:
    hours = {"starts_at": "2040-01-01T10:00:00Z", "ends_at": "2040-01-02T10:00:00Z"}

    def request(number: int) -> Awaitable[httpx.Response]:
        draft = {"name": f"Draft {number}", "text": "Later", "draft": True}
        return house.api.post("/mailings", json=draft | hours)

    return request


async def _urgent(house: House, running: Callable[[], bool]) -> dict[int, float]:
    """When each urgent mailing was asked for (Unix seconds)."""
    asked: dict[int, float] = {}
    for number in range(URGENT):
        await asyncio.sleep(URGENT_EVERY)
        if not running():
            break
        now = time.time()
        mailing = await house.launch(filter={"tags": [f"urgent-{number}"]}, priority="urgent")
        asked[mailing] = now
    return asked


async def _looks(house: House, mailing: int, running: Callable[[], bool]) -> list[Look]:
    """When the statistics were asked for (Unix seconds), and how many they said were sent."""
    looks: list[Look] = []
    while running():
        asked = time.time()
        answer = await house.api.get(f"/mailings/{mailing}/statistics")
        # Without an answer people still have the one before.
        shown = answer.json()["by_status"]["sent"] if answer.is_success else None
        looks.append((asked, looks[-1][1] if shown is None and looks else shown or 0))
        await asyncio.sleep(LOOK_EVERY)
    return looks


def ages(looks: Sequence[Look], accepted: Sequence[float]) -> list[float]:
    """``accepted``: sorted. What was accepted first and not shown yet says how old a look is."""
    return [max(0.0, at - accepted[sent]) if sent < len(accepted) else 0.0 for at, sent in looks]


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def run(clients: int, senders: int, rate: float) -> Latency:
    home = Path(tempfile.mkdtemp(prefix="carillon-latency-"))
    home.chmod(0o711)  # the user PostgreSQL runs as must get through, to its own folder
    try:
        with running_nginx(home / "nginx", latency=0.0) as provider:
            return asyncio.run(_run(home / "house", clients, senders, rate, provider))
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _run(
    home: Path, clients: int, senders: int, rate: float, provider: NginxProvider
) -> Latency:
    settings = {"SENDER_REPLICAS": str(senders), "SENDER_PROVIDER_URL": provider.url}
    async with running_house(home, settings) as house:
        return await _measure(house, clients, rate, provider)


async def _measure(house: House, clients: int, rate: float, provider: NginxProvider) -> Latency:
    await _import(house, clients)
    _go_first()  # the house is up, and none of it inherits this
    mailing = await house.launch(filter={"tags": [TAG]})
    everything = asyncio.create_task(_finished(house, mailing, clients / 500 + 60))

    def running() -> bool:
        return not everything.done()

    asker = Asker(requests(house, mailing))
    urgent, looks, _ = await asyncio.gather(
        _urgent(house, running), _looks(house, mailing, running), asker.run(rate, running)
    )
    await everything
    hurried = {one: (await house.messages(one, "sent"))[0]["id"] for one in urgent}
    await asyncio.sleep(2 * FLUSHED_WITHIN)
    return _told(clients, asker, urgent, hurried, looks, provider.answered())


def _told(
    clients: int,
    asker: Asker,
    urgent: dict[int, float],
    hurried: dict[int, int],
    looks: Sequence[Look],
    answered: Sequence[Answered],
) -> Latency:
    at = {one.message: one.at for one in answered}
    waits = [at[message] - urgent[mailing] for mailing, message in hurried.items()]
    accepted = sorted(at[message] for message in at.keys() - set(hurried.values()))
    if len(accepted) != clients:
        raise SystemExit(f"{clients:,} messages were to be sent, {len(accepted):,} were.")
    old = ages([look for look in looks if look[0] > accepted[0]], accepted)
    return Latency(
        clients=clients,
        messages_per_second=clients / (accepted[-1] - accepted[0]),
        requests=len(asker.seconds),
        refused=asker.refused,
        api_p50=statistics.median(asker.seconds),
        api_p99=p99(asker.seconds),
        api_worst=max(asker.seconds),
        api_p99_of={name: p99(seconds) for name, seconds in sorted(asker.by_request.items())},
        urgent=len(waits),
        urgent_p50=statistics.median(waits),
        urgent_worst=max(waits),
        looks=len(old),
        age_p50=statistics.median(old),
        age_p99=p99(old),
        age_worst=max(old),
    )


async def _finished(house: House, mailing: int, patience: float) -> None:
    async def so() -> bool:
        return bool((await house.ask(f"/mailings/{mailing}"))["state"] == "finished")

    await eventually(so, patience, every=0.5)


def _go_first() -> None:
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)


async def _import(house: House, clients: int) -> None:
    zones = inhabited_zones()[:ZONES]
    for start in range(0, clients, IMPORT_AT_ONCE):
        phones = range(start, min(clients, start + IMPORT_AT_ONCE))
        await house.import_clients(csv_of(phones, zones, TAG))
    for number in range(URGENT):
        phone = 900_000_000 + number
        await house.import_clients(csv_of([phone], ["Europe/Moscow"], f"urgent-{number}"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.latency", description=__doc__)
    parser.add_argument("-n", "--clients", type=int, default=200_000)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", help="write the results to this file too")
    options = parser.parse_args()
    results = [run(options.clients, options.senders, options.rate) for _ in range(options.runs)]
    runs = [asdict(one) for one in results]
    show([of_latency(runs)])
    if options.json:
        Path(options.json).write_text(json.dumps(runs, indent=1) + "\n")


if __name__ == "__main__":
    main()
