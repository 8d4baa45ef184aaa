"""A service's role opens its own database, and nothing else."""

import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from deploy.variables import ROOT
from tests.support.servers import PostgresForTests

SCRIPT = ROOT / "deploy" / "postgres" / "service_database.sql"
PASSWORD = "of-the-tests"


def psql() -> str | None:
    elsewhere = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/psql")))
    return shutil.which("psql") or next(iter(elsewhere), None)


pytestmark = pytest.mark.skipif(psql() is None, reason="psql is not installed")


def make(postgres: PostgresForTests, service: str) -> None:
    """As the local run and the containers do, twice: it may be run any number of times."""
    for _ in range(2):
        command = [str(psql()), "-qX", postgres.admin_url, "--set", f"service={service}"]
        subprocess.run(
            [*command, "--file", str(SCRIPT)],
            env={"SERVICE_PASSWORD": PASSWORD},
            check=True,
            capture_output=True,
        )


async def connect(postgres: PostgresForTests, role: str, database: str) -> asyncpg.Connection:
    parts = urlsplit(postgres.admin_url)
    place = f"{role}:{PASSWORD}@{parts.hostname}:{parts.port}"
    return await asyncpg.connect(urlunsplit(parts._replace(netloc=place, path=f"/{database}")))


async def test_a_role_reads_nobody_elses_data(postgres: PostgresForTests) -> None:
    for service in ("one", "other"):
        make(postgres, service)
    for database in ("carillon_other", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(postgres, "carillon_one", database)
    own = await connect(postgres, "carillon_one", "carillon_one")
    try:
        await own.execute("CREATE TABLE mine (id bigint)")
        for forbidden in (
            "CREATE DATABASE another",
            "CREATE ROLE another",
            "ALTER ROLE carillon_one SUPERUSER",
            "SET ROLE carillon_other",
            "COPY mine FROM '/etc/passwd'",
            "COPY mine FROM PROGRAM 'id'",
            "SELECT pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await own.execute(forbidden)
    finally:
        await own.close()
