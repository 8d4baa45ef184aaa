"""Clocks that are set while a mailing runs: of a service's hosts, and of all the databases'.

The broker's keeps the right time, as that of the test does.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from deploy.local.packages import MissingPackageError, ensure_installed
from deploy.secret_values import SERVICES
from tests.chaos.hosts.sitecustomize import FOLDER, LIBRARY
from tests.support.house import House, eventually
from tests.support.moving_clock import MovedDatabase

HOSTS = Path(__file__).parent / "hosts"
LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"


# Seconds: a service tells the time to the second, and may take one to answer.
NEAR = 3.0
SEEN_WITHIN = 15.0


def library() -> Path:
    """What sets the clock of a process. Raises MissingPackageError."""
    found = sorted(Path("/").glob(LIBRARIES.lstrip("/")))
    if not found:
        raise MissingPackageError("Please install libfaketime first.")
    return found[-1]


def ensure_library_installed() -> None:
    ensure_installed({"libfaketime": library})


class Clocks:
    def __init__(self, folder: Path) -> None:
        """``folder``: readable by the services' processes; it holds how far each clock is off."""
        self._folder = folder
        self._databases: list[MovedDatabase] = []
        folder.mkdir()
        self.move_services(SERVICES, timedelta())

    @property
    def settings(self) -> Mapping[str, str]:
        """What the processes must find in their environment."""
        return {
            "PYTHONPATH": str(HOSTS),
            FOLDER: str(self._folder),
            LIBRARY: str(library()),
        }

    async def take_over(self, house: House) -> None:
        """The databases' clocks can be set, too, in the eyes of whoever connects from now on."""
        for service in SERVICES:
            self._databases.append(await MovedDatabase.at(house.database(service)))

    async def let_go(self) -> None:
        for database in self._databases:
            await database.connection.close()

    def move_services(self, services: Iterable[str], by: timedelta) -> None:
        for service in services:
            file = self._folder / service
            draft = file.with_suffix(".new")
            draft.write_text(f"{by.total_seconds():+.0f}s\n")
            draft.replace(file)

    async def move_databases(self, house: House, by: timedelta) -> None:
        await asyncio.gather(*(database.move(by) for database in self._databases))
        for service in SERVICES:
            connection = await asyncpg.connect(house.database(service))
            try:
                now = await connection.fetchval("SELECT now()")
            finally:
                await connection.close()
            assert is_near(now - datetime.now(UTC), by), f"{service}'s database: {now}"


async def seen(house: House, process: str, by: timedelta) -> None:
    """Wait until a process shows that its clock is off by so much. Raises TimeoutError."""

    async def shows() -> bool:
        return is_near(await house.time_at(process) - datetime.now(UTC), by)

    await eventually(shows, SEEN_WITHIN, every=0.5)


def is_near(off: timedelta, by: timedelta) -> bool:
    return abs((off - by).total_seconds()) < NEAR
