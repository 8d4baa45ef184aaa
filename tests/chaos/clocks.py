"""Clocks that are set while a mailing runs: of a service's hosts, and of all the databases'.

The broker's keeps the right time, as that of the test does.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from deploy.secret_values import SERVICES
from tests.chaos.hosts.sitecustomize import FOLDER, LIBRARY
from tests.support.house import House
from tests.support.moving_clock import MovedDatabase

HOSTS = Path(__file__).parent / "hosts"
LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class NoLibraryError(Exception):
    """Clocks are set by libfaketime: `apt-get install libfaketime` first."""


def library() -> Path:
    found = sorted(Path("/").glob(LIBRARIES.lstrip("/")))
    if not found:
        raise NoLibraryError(NoLibraryError.__doc__)
    return found[-1]


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

    async def move_databases(self, by: timedelta) -> None:
        await asyncio.gather(*(database.move(by) for database in self._databases))
