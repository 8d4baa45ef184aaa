"""In which order a database is restored, and what is refused before anything is touched."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.backups import BackupError, asked_for, backup, dump_of, new_folder, restore
from deploy.secret_values import SERVICES


class FakePlace:
    def __init__(self) -> None:
        self.log: list[str] = []

    def dump(self, database: str, file: Path) -> None:
        file.write_text(database)

    def load(self, file: Path, database: str) -> None:
        self.log.append(f"load {file.name} {database}")

    def script(self, name: str, service: str) -> None:
        self.log.append(f"{name} {service}")

    def step(self, service: str, *command: str, restored: bool = False) -> None:
        beside = " beside" if restored else ""
        self.log.append(f"{service} {' '.join(command)}{beside}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    backup(FakePlace(), tmp_path)
    return tmp_path


def test_every_database_is_in_a_backup(folder: Path) -> None:
    dumped = {service: dump_of(service, folder).read_text() for service in SERVICES}
    assert dumped == {service: f"carillon_{service}" for service in SERVICES}


def test_a_folder_for_each_backup_that_nobody_else_may_enter(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "backups", datetime(2026, 11, 25, 21, 4, 5, tzinfo=UTC))
    assert folder.name == "2026-11-25T21-04-05Z"
    assert folder.stat().st_mode & 0o777 == 0o700


AFTERWARDS = {
    "api": ["scheduler forget", "scheduler rebuild"],
    "scheduler": ["scheduler rebuild"],
    "sender": [],
    "stats": ["scheduler retell", "sender retell"],
}
BESIDE = {
    "api": ["api leap beside"],
    "scheduler": ["scheduler shut beside"],
    # No call is made from before the gates are asked for until they are in force.
    "sender": ["shut_database.sql sender", "sender gates beside"],
}


@pytest.mark.parametrize("service", SERVICES)
def test_made_fit_before_anybody_sees_it(service: str, folder: Path) -> None:
    place = FakePlace()
    restore(place, folder, [service])
    assert place.log == [
        f"begin_restore.sql {service}",
        f"load {service}.dump carillon_{service}_restored",
        f"{service} migrate up beside",
        *BESIDE.get(service, []),
        f"swap_restored.sql {service}",
        f"end_restore.sql {service}",
        *AFTERWARDS[service],
    ]


def test_what_is_not_there_is_refused_before_anything_is_touched(folder: Path) -> None:
    place = FakePlace()
    with pytest.raises(BackupError, match="no service 'statz'"):
        restore(place, folder, ["api", "statz"])
    dump_of("stats", folder).unlink()
    with pytest.raises(BackupError, match=r"stats\.dump"):
        restore(place, folder, ["api", "stats"])
    assert place.log == []


def test_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM", "backups/one")
    monkeypatch.setenv("ONLY", "stats, api")
    assert asked_for(tmp_path) == ((tmp_path / "backups/one").resolve(), ["stats", "api"])
    monkeypatch.setenv("ONLY", "")
    with pytest.raises(BackupError, match="ONLY says which"):
        asked_for(tmp_path)
    monkeypatch.delenv("FROM")
    with pytest.raises(BackupError, match="make restore FROM"):
        asked_for(tmp_path)
