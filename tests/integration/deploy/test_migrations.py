"""Every service's migrations: up to the newest schema, down to nothing, and up again."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import pytest

from deploy.secret_values import SERVICES
from tests.support.servers import PostgresForTests

ROOT = Path(__file__).resolve().parents[3]
# What the services insist on being told, though no migration needs it.
NEEDLESS = {
    "RABBITMQ_URL": "amqp://nobody:nothing@127.0.0.1:1/none",
    "SERVICE_TOKEN": "x" * 32,
    "API_JWT_SECRET": "x" * 32,
    "SENDER_PROVIDER_URL": "http://127.0.0.1:1",
    "SENDER_PROVIDER_TOKEN": "x",
}


@pytest.mark.parametrize("service", SERVICES)
async def test_up_down_and_up_again(service: str, postgres: PostgresForTests) -> None:
    url = await postgres.new_database(f"migrate_{service}")

    await migrate(service, url, "up")
    full = await tables(url)
    await migrate(service, url, "down")
    nothing = await tables(url)
    await migrate(service, url, "up")

    assert full
    assert nothing <= {"alembic_version"}
    assert await tables(url) == full


async def migrate(service: str, url: str, direction: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}", "migrate", direction),
        cwd=ROOT,
        env={**os.environ, **NEEDLESS, f"{service.upper()}_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()


async def tables(url: str) -> set[str]:
    """Tables, types, functions and sequences of the service's own."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(
            """
            SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
              AND relkind IN ('r', 'p', 'S', 'v', 'm')
            UNION ALL
            SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
              AND typtype = 'e'
            """
        )
    finally:
        await connection.close()
    return {row["relname"] for row in rows}
