"""Dumps and loads the databases of a run without containers."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.backups import BackupError
from deploy.local import packages
from deploy.local.plan import Plan
from deploy.local.ports import LOOPBACK
from deploy.local.postgres import SUPERUSER

SCRIPTS = Path(__file__).parents[1] / "postgres"


class LocalPlace:
    """``port``: of PostgreSQL; ``password``: its superuser's."""

    def __init__(self, plan: Plan, port: int, password: str) -> None:
        self._plan = plan
        self._bin = packages.postgres_bin()
        self._connect = ["-h", LOOPBACK, "-p", str(port), "-U", SUPERUSER]
        self._environment = {"PATH": os.environ["PATH"], "PGPASSWORD": password}

    def dump(self, database: str, file: Path) -> None:
        file.touch(mode=0o600)
        self._run("pg_dump", "--format=custom", f"--file={file}", database)

    def load(self, file: Path, database: str) -> None:
        self._run("pg_restore", "--exit-on-error", f"--dbname={database}", str(file))

    def script(self, name: str, service: str) -> None:
        file = f"--file={SCRIPTS / name}"
        self._run("psql", "-qX", "-d", "postgres", "--set", f"service={service}", file)

    def step(self, service: str, *command: str, restored: bool = False) -> None:
        step = self._plan.step(service, *command, restored=restored)
        _run(step.command, dict(step.environment), subprocess.run, cwd=step.cwd)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *self._connect, *arguments]
        _run(command, self._environment, subprocess.run)


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    run: Callable[..., "subprocess.CompletedProcess[str]"],
    cwd: Path | None = None,
) -> None:
    done = run(command, env=environment, cwd=cwd, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")
