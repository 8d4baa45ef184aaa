"""An api process that is killed in the middle of a job: another takes it up at once."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.ports import free_ports
from services.api.handlers.bulk import PART
from services.api.handlers.imports import BATCH_ROWS
from tests.integration.services.api.conftest import SECRET, SERVICE_TOKEN
from tests.integration.services.api.waiting import until

ROWS = 150_000
CHANGED = 60_000


@asynccontextmanager
async def process(database_url: str) -> AsyncIterator[Process]:
    """The service as operators run it, once it is ready; without a broker."""
    [port] = free_ports(1)
    settings = {
        "API_DATABASE_URL": database_url,
        "API_JWT_SECRET": SECRET,
        "API_PORT": str(port),
        "RABBITMQ_URL": "amqp://guest:guest@127.0.0.1:9/",
        "SERVICE_TOKEN": SERVICE_TOKEN,
    }
    command = (sys.executable, "-m", "services.api")
    running = await asyncio.create_subprocess_exec(
        *command, env=os.environ | settings, stdout=DEVNULL
    )
    try:
        await until(lambda: is_ready(port), limit=60)
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def is_ready(port: int) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
        except httpx.HTTPError:
            return False


async def killed_and_taken_up(
    database_url: str, api: httpx.AsyncClient, job: str, counts: str, whole: int
) -> dict[str, Any]:
    """The job's report at its end, after the first process was killed with part of it done."""

    async def report() -> dict[str, Any]:
        found: dict[str, Any] = (await api.get(job)).json()
        return found

    async def has_begun() -> bool:
        return bool((await report())[counts] > 0)

    async def has_ended() -> bool:
        return bool((await report())["state"] != "running")

    async with process(database_url) as running:
        await until(has_begun)
        running.kill()
        await running.wait()
    assert (await report())[counts] < whole
    async with process(database_url):
        await until(has_ended, limit=60)
    return await report()


async def test_an_import_survives_the_process_that_worked_on_it(
    engine: AsyncEngine, database_url: str, api: httpx.AsyncClient
) -> None:
    rows = "".join(f"7916{number:07},UTC\n" for number in range(ROWS))
    csv = {"Content-Type": "text/csv"}
    answer = await api.post("/clients/import", content="phone,timezone\n" + rows, headers=csv)
    found = await killed_and_taken_up(
        database_url, api, f"/imports/{answer.json()['id']}", "rows_read", ROWS
    )
    assert (found["state"], found["rows_accepted"], found["rows_read"]) == ("done", ROWS, ROWS)
    async with engine.connect() as connection:
        clients = text("SELECT count(*), count(DISTINCT phone), max(revision) FROM client")
        assert tuple((await connection.execute(clients)).one()) == (ROWS, ROWS, 1)
        assert await connection.scalar(text("SELECT count(*) FROM outbox")) == ROWS // BATCH_ROWS


async def test_so_does_a_change_of_many_clients(
    engine: AsyncEngine, database_url: str, api: httpx.AsyncClient
) -> None:
    many = text("""
        INSERT INTO client (phone, operator_code, timezone, created_at, updated_at)
        SELECT '7916' || lpad(CAST(n AS text), 7, '0'), '916', 'UTC', now(), now()
        FROM generate_series(1, :count) AS n
    """)
    async with engine.begin() as connection:
        await connection.execute(many, {"count": CHANGED})
    order = {"action": "tag", "tags": ["new"], "all": True}
    answer = await api.post("/clients/bulk", json=order)
    found = await killed_and_taken_up(
        database_url, api, f"/clients/bulk/{answer.json()['id']}", "changed", CHANGED
    )
    assert (found["state"], found["changed"], found["matched"]) == ("done", CHANGED, CHANGED)
    async with engine.connect() as connection:
        clients = text("SELECT count(*), max(revision), min(tags) FROM client")
        assert tuple((await connection.execute(clients)).one()) == (CHANGED, 2, ["new"])
        assert await connection.scalar(text("SELECT count(*) FROM outbox")) == CHANGED // PART
