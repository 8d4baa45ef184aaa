"""Dumps and loads the databases of a run in containers."""

import subprocess
from pathlib import Path

from deploy.backups import BackupError
from deploy.variables import ROOT

SCRIPTS = ROOT / "deploy" / "postgres"
SERVER = ("exec", "-T", "postgres")


class DockerPlace:
    def dump(self, database: str, file: Path) -> None:
        file.touch(mode=0o600)
        with file.open("wb") as out:
            _compose(*SERVER, "pg_dump", "-U", "postgres", "--format=custom", database, stdout=out)

    def load(self, file: Path, database: str) -> None:
        program = ("pg_restore", "-U", "postgres", "--exit-on-error", f"--dbname={database}")
        with file.open("rb") as dump:
            _compose(*SERVER, *program, stdin=dump)

    def script(self, name: str, service: str) -> None:
        program = ("psql", "-qX", "-U", "postgres", "-d", "postgres", "--set", f"service={service}")
        with (SCRIPTS / name).open("rb") as script:
            _compose(*SERVER, *program, stdin=script)

    def step(self, service: str, *command: str, restored: bool = False) -> None:
        suffix = ("-e", "DATABASE_SUFFIX=_restored") if restored else ()
        program = ("python", "-m", f"services.{service}", *command)
        _compose("run", "--rm", "--no-deps", "-T", *suffix, service, *program)


def _compose(*arguments: str, **streams: object) -> None:
    done = subprocess.run(  # type: ignore[call-overload]
        ["docker", "compose", *arguments], cwd=ROOT, check=False, **streams
    )
    if done.returncode != 0:
        raise BackupError(f"docker compose {' '.join(arguments[:4])} failed; see above.")
