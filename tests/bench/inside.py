"""``python -m tests.bench.inside``: what PostgreSQL and RabbitMQ say of themselves while a mailing
is sent.

Of PostgreSQL the statements that take the most time (``pg_stat_statements``), each with what it
takes per message of the mailing: microseconds of execution, calls, write-ahead log. Of RabbitMQ
every queue that was used: what came in, what went out, and what went out again. Nothing of the
import is counted.
"""

import argparse
import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import kill
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx

from deploy.local.plan import VHOST
from deploy.local.postgres import SUPERUSER
from deploy.local.run_ports import read_ports
from deploy.secret_values import read_secrets
from tests.bench.load import Load, import_clients, tag_of
from tests.bench.nginx import NginxProvider, running_nginx
from tests.bench.report import machine, show
from tests.bench.sheets import Sheet
from tests.support.house import House, Json, eventually, running_house

STATEMENTS = 20
SAID = 110  # characters of a statement
SETTLED = 6.0  # seconds: the broker counts every five
_TOP = """
    SELECT d.datname, s.query, s.calls, s.total_exec_time, s.total_plan_time, s.rows, s.wal_bytes
    FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname LIKE 'carillon_%' ORDER BY s.total_exec_time + s.total_plan_time DESC LIMIT $1
"""
_COUNTED = ("publish", "deliver", "redeliver", "ack")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.inside", description=__doc__)
    parser.add_argument("-n", "--clients", type=int, default=50_000)
    parser.add_argument("--zones", type=int, default=400)
    parser.add_argument("--mailings", type=int, default=1, help="that share the clients")
    parser.add_argument("--json", help="write the results to this file too")
    options = parser.parse_args()
    load = Load(options.clients, zones=options.zones, mailings=options.mailings)
    found = run(load)
    show([_statements(found["statements"], load), _queues(found["queues"], load)])
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": machine()} | found, indent=1) + "\n")


def run(load: Load) -> Json:
    home = Path(tempfile.mkdtemp(prefix="carillon-inside-"))
    home.chmod(0o711)  # the user PostgreSQL runs as must get through, to its own folder
    try:
        with running_nginx(home / "nginx", latency=load.latency) as provider:
            return asyncio.run(_run(home / "house", load, provider))
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _run(home: Path, load: Load, provider: NginxProvider) -> Json:
    settings = {"SENDER_REPLICAS": "2", "SENDER_PROVIDER_URL": provider.url}
    async with running_house(home, settings) as house:
        return await _measure(house, load)


async def _measure(house: House, load: Load) -> Json:
    await _count_statements(house)
    await import_clients(house, load)
    await asyncio.sleep(SETTLED)
    before = await _counted(house)
    async with _superuser(house) as postgres:
        await postgres.execute("SELECT pg_stat_statements_reset()")
        numbers = [await house.launch(filter={"tags": [tag_of(n)]}) for n in range(load.mailings)]
        for number in numbers:
            await house.finished(number, load.clients / 500 + 60)
        statements = [dict(row) for row in await postgres.fetch(_TOP, STATEMENTS)]
    await asyncio.sleep(SETTLED)
    after = await _counted(house)
    queues = {
        name: {what: counts[what] - before.get(name, counts | {what: 0})[what] for what in _COUNTED}
        for name, counts in after.items()
    }
    return {
        "statements": [
            one | {"query": " ".join(one["query"].split()), "wal_bytes": int(one["wal_bytes"])}
            for one in statements
        ],
        "queues": {name: counts for name, counts in queues.items() if any(counts.values())},
    }


async def _count_statements(house: House) -> None:
    """The module is loaded at the start of a server, so it is started anew."""
    async with _superuser(house) as postgres:
        await postgres.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
    gone = house.pid("postgres")
    kill(gone, signal.SIGINT)
    await house.back("postgres", gone, 60)
    for service in ("api", "scheduler", "stats", "sender-1", "sender-2"):
        await house.ready(service)
    async with _superuser(house) as postgres:
        await postgres.execute("CREATE EXTENSION pg_stat_statements")
        await postgres.execute("ALTER SYSTEM SET pg_stat_statements.track_planning = on")
        await postgres.execute("SELECT pg_reload_conf()")


@asynccontextmanager
async def _superuser(house: House) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    password = quote(read_secrets(house.home / "secrets.env")["POSTGRES_PASSWORD"], safe="")
    port = read_ports(house.home / "ports.json")["postgres"]
    url = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres"

    async def connected() -> Any:
        try:
            return await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError):
            return None

    connection = await eventually(connected, 60, every=0.2)
    try:
        yield connection
    finally:
        await connection.close()


async def _counted(house: House) -> dict[str, dict[str, int]]:
    """Of each queue, since its beginning."""
    url, login = house.management()
    async with httpx.AsyncClient(base_url=url, auth=login, trust_env=False) as management:
        queues = (await management.get(f"/api/queues/{VHOST}")).raise_for_status().json()
    return {
        queue["name"]: {what: queue.get("message_stats", {}).get(what, 0) for what in _COUNTED}
        for queue in queues
    }


def _statements(statements: list[Json], load: Load) -> Sheet:
    headings = ("statement", "whose", "µs", "of it planning", "calls", "rows", "log bytes")
    return Sheet(
        f"PostgreSQL, per message of {load.clients:,}, at most {STATEMENTS} statements",
        headings,
        [
            (
                one["query"][:SAID],
                one["datname"].removeprefix("carillon_"),
                f"{(one['total_exec_time'] + one['total_plan_time']) * 1000 / load.clients:.2f}",
                f"{one['total_plan_time'] * 1000 / load.clients:.2f}",
                f"{one['calls'] / load.clients:.4f}",
                f"{one['rows'] / load.clients:.2f}",
                f"{one['wal_bytes'] / load.clients:.0f}",
            )
            for one in statements
        ],
    )


def _queues(queues: Json, load: Load) -> Sheet:
    return Sheet(
        f"RabbitMQ, per thousand messages of {load.clients:,}",
        ("queue", "in", "out", "out again", "acknowledged"),
        [
            (name, *(f"{counts[what] * 1000 / load.clients:.2f}" for what in _COUNTED))
            for name, counts in sorted(queues.items())
        ],
    )


if __name__ == "__main__":
    main()
