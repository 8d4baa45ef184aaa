"""One run: clients are imported, mailings are launched, and everything is counted until the books
are closed. Every process is real, and the provider is nginx."""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from deploy.secret_values import SERVICES
from shared.domain.zones import inhabited_zones
from tests.bench.nginx import FLUSHED_WITHIN, NginxProvider, running_nginx
from tests.bench.processes import cpu_by_database, usage
from tests.support.house import House, Json, csv_of, eventually, running_house

IMPORT_AT_ONCE = 250_000  # rows of one file; a million would only fill this process's memory
OURS = ("api", "scheduler", "stats")
_SIZE = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True)
class Load:
    """``latency``: seconds until the provider answers; the clients are shared out evenly among
    ``mailings``, launched one right after the other, and live in so many ``zones``. ``blocked`` of
    them are blocked before, at even distances, and are sent nothing."""

    clients: int
    senders: int = 2
    concurrency: int = 200
    latency: float = 0.0
    zones: int = 400
    mailings: int = 1
    blocked: int = 0

    @property
    def sent(self) -> int:
        return self.clients - self.blocked


@dataclass(frozen=True)
class Result:
    """Instants are seconds after the launch of the last mailing; CPU is in microseconds per
    message, ``cpu_of_postgres`` by whose sessions used it; memory in MB; sizes in bytes per
    message."""

    load: Load
    imported_per_second: float
    copied_after: float
    first_call: float
    last_call: float
    books_closed: float
    messages_per_second: float
    repeats: int
    cpu: Mapping[str, float]
    cpu_of_postgres: Mapping[str, float]
    memory: Mapping[str, float]
    bytes_per_message: Mapping[str, float]

    @property
    def cpu_in_all(self) -> float:
        return sum(self.cpu.values())


def run(load: Load) -> Result:
    home = Path(tempfile.mkdtemp(prefix="carillon-bench-"))
    home.chmod(0o711)  # the user PostgreSQL runs as must get through, to its own folder
    try:
        with running_nginx(home / "nginx", latency=load.latency) as provider:
            return asyncio.run(_run(home / "house", load, provider))
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _run(home: Path, load: Load, provider: NginxProvider) -> Result:
    settings = {
        "SENDER_REPLICAS": str(load.senders),
        "SENDER_CONCURRENCY": str(load.concurrency),
        "SENDER_PROVIDER_URL": provider.url,
    }
    async with running_house(home, settings) as house:
        return await _measure(house, load, provider)


async def _measure(house: House, load: Load, provider: NginxProvider) -> Result:
    imported, copied = await import_clients(house, load)
    await _block(house, load)
    pids = _pids(house, load, provider)
    sizes, cpu, sessions = await _sizes(house), _cpu(pids), cpu_by_database(pids["postgres"])
    launched = time.time()
    numbers = [await house.launch(filter={"tags": [tag_of(n)]}) for n in range(load.mailings)]
    launched_last = time.time()
    closed = await _closed(house, numbers, load)
    used, used_by = _cpu(pids), cpu_by_database(pids["postgres"])
    await _everything_was_sent(house, numbers, load)
    await asyncio.sleep(2 * FLUSHED_WITHIN)  # the log's last lines are still in nginx's hands
    calls = provider.calls()
    if calls.distinct != load.sent:
        raise SystemExit(f"{load.sent:,} messages were to be sent, {calls} were.")
    return Result(
        load=load,
        imported_per_second=load.clients / imported,
        copied_after=copied,
        first_call=calls.first - launched,
        last_call=calls.last - launched_last,
        books_closed=closed - calls.last,
        messages_per_second=load.sent / (calls.last - calls.first),
        repeats=calls.calls - calls.distinct,
        cpu=_per_message(cpu, used, load),
        cpu_of_postgres=_per_message(sessions, used_by, load),
        memory={name: usage(pid).memory for name, pid in pids.items()},
        bytes_per_message={
            service: (size - sizes[service]) / load.clients
            for service, size in (await _sizes(house)).items()
        },
    )


async def import_clients(house: House, load: Load) -> tuple[float, float]:
    """Seconds that the import took, and from its end until the scheduler's copy was whole."""
    zones, each = inhabited_zones()[: load.zones], -(-load.clients // load.mailings)
    taken = 0.0
    for number in range(load.mailings):
        last = min(load.clients, (number + 1) * each)
        for start in range(number * each, last, IMPORT_AT_ONCE):
            body = csv_of(range(start, min(last, start + IMPORT_AT_ONCE)), zones, tag_of(number))
            began = time.monotonic()
            await house.import_clients(body)
            taken += time.monotonic() - began
    started = time.monotonic()
    await _copied(house, load.clients)
    return taken, time.monotonic() - started


async def _block(house: House, load: Load) -> None:
    """Page by page through the directory, whose ids rise with the clients."""
    if not load.blocked:
        return
    each, cursor = load.clients // load.blocked, None
    ids: list[int] = []
    while len(ids) < load.clients:
        page = await house.ask("/clients", limit=500, **({"cursor": cursor} if cursor else {}))
        ids += [client["id"] for client in page["items"]]
        cursor = page["next_cursor"]
    for client in ids[: load.blocked * each : each]:
        answer = await house.api.post("/policies/blocks", json={"client_id": client})
        assert answer.status_code == 201, answer.text


async def _copied(house: House, clients: int) -> None:
    scheduler = await asyncpg.connect(house.database("scheduler"))

    async def whole() -> bool:
        return bool(await scheduler.fetchval("SELECT count(*) FROM client") == clients)

    try:
        await eventually(whole, 300, every=0.2)
    finally:
        await scheduler.close()


async def _closed(house: House, mailings: Sequence[int], load: Load) -> float:
    """When the books of the last mailing were closed, by the one who closes them. Asks as seldom
    and as little as may be: the answers cost CPU, too."""
    slowest = load.clients * load.latency / (load.senders * load.concurrency)
    patience = load.clients / 500 + 2 * slowest + 60
    return max([await _finished_at(house, mailing, patience) for mailing in mailings])


async def _finished_at(house: House, mailing: int, patience: float) -> float:
    async def finished() -> Json | None:
        told = await house.ask(f"/mailings/{mailing}")
        return told if told["state"] == "finished" else None

    told = await eventually(finished, patience, every=0.5)
    return _moment(told["finished_at"])


async def _everything_was_sent(house: House, mailings: Sequence[int], load: Load) -> None:
    ends: Counter[str] = Counter()
    for mailing in mailings:
        ends.update((await house.finished(mailing))["by_status"])
    if (ends["sent"], ends["suppressed"]) != (load.sent, load.blocked):
        raise SystemExit(f"Not everything was sent: {+ends}")


def _pids(house: House, load: Load, provider: NginxProvider) -> dict[str, int]:
    senders = [f"sender-{n + 1}" for n in range(load.senders)]
    pids = {name: house.pid(name) for name in (*OURS, *senders, "postgres", "rabbitmq")}
    return pids | {"nginx": provider.process.pid or 0}


def _cpu(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: usage(pid).cpu for name, pid in pids.items()}


def _per_message(
    before: Mapping[str, float], after: Mapping[str, float], load: Load
) -> dict[str, float]:
    return {name: (cpu - before.get(name, 0.0)) / load.clients * 1e6 for name, cpu in after.items()}


async def _sizes(house: House) -> dict[str, int]:
    """Bytes of each service's database on disk, indexes included."""
    sizes: dict[str, int] = {}
    for service in SERVICES:
        connection = await asyncpg.connect(house.database(service))
        try:
            sizes[service] = await connection.fetchval(_SIZE)
        finally:
            await connection.close()
    return sizes


def tag_of(number: int) -> str:
    return f"bench-{number}"


def _moment(instant: str) -> float:
    return datetime.fromisoformat(instant).astimezone(UTC).timestamp()
