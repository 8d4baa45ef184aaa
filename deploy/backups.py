"""Backup and restore of the services' databases, wherever they run.

A backup is a folder with a dump of each. A restore loads one beside the database in use, brings it
to the present schema and lets the service make it fit for what the others have seen since; only
then it takes the other's place, for all at once. What has to be done afterwards is done here, too.
Why each step is there is told in docs/operations.md.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from deploy.secret_values import SERVICES

# A command of a service: (service, command).
Step = tuple[str, str]

# What must not go on by the database in use while the other one is made fit.
SHUT_FIRST = ("sender",)
# With the restored database, before anybody else sees it.
BEFORE: dict[str, tuple[str, ...]] = {
    "api": ("leap",),
    "scheduler": ("shut",),
    "sender": ("gates",),
}
# When all is open again.
AFTER: dict[str, tuple[Step, ...]] = {
    "api": (("scheduler", "forget"), ("scheduler", "rebuild")),
    "scheduler": (("scheduler", "rebuild"),),
    "stats": (("scheduler", "retell"), ("sender", "retell")),
}


class BackupError(Exception):
    """What failed, as a person should read it."""


class Place(Protocol):
    """Where the databases are. Every method raises BackupError."""

    def dump(self, database: str, file: Path) -> None: ...

    def load(self, file: Path, database: str) -> None: ...

    def script(self, name: str, service: str) -> None:
        """Runs a script of ``deploy/postgres`` as the superuser."""
        ...

    def step(self, service: str, *command: str, restored: bool = False) -> None:
        """``python -m services.<service> <command>``; ``restored``: on the database beside."""
        ...


def new_folder(parent: Path, now: datetime | None = None) -> Path:
    """For one backup. There are people in it: nobody else may look."""
    folder = parent / f"{now or datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def backup(place: Place, folder: Path) -> None:
    for service in SERVICES:
        place.dump(f"carillon_{service}", dump_of(service, folder))


def restore(place: Place, folder: Path, services: Sequence[str]) -> None:
    """One after the other."""
    for service in services:
        if service not in SERVICES:
            raise BackupError(f"There is no service {service!r}; there are {', '.join(SERVICES)}.")
        if not dump_of(service, folder).is_file():
            raise BackupError(f"There is no {dump_of(service, folder)}.")
    for service in services:
        _restore(place, dump_of(service, folder), service)


def _restore(place: Place, file: Path, service: str) -> None:
    place.script("begin_restore.sql", service)
    place.load(file, f"carillon_{service}_restored")
    place.step(service, "migrate", "up", restored=True)
    if service in SHUT_FIRST:
        place.script("shut_database.sql", service)
    for command in BEFORE.get(service, ()):
        place.step(service, command, restored=True)
    place.script("swap_restored.sql", service)
    place.script("end_restore.sql", service)
    for other, command in AFTER.get(service, ()):
        place.step(other, command)


def dump_of(service: str, folder: Path) -> Path:
    return folder / f"{service}.dump"


def asked_for(root: Path) -> tuple[Path, list[str]]:
    """What ``make restore FROM=folder ONLY="api stats"`` asks for. Raises BackupError."""
    folder = os.environ.get("FROM", "")
    if not folder:
        raise BackupError("make restore FROM=<folder of a backup> ONLY=<services>")
    only = os.environ.get("ONLY", "").replace(",", " ").split()
    if not only:
        raise BackupError("ONLY says which services' databases to restore: ONLY=stats")
    return (root / folder).resolve(), only
