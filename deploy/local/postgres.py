"""A private PostgreSQL: its own data folder, a free port, the loopback interface only."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from deploy.local import packages
from deploy.local.ports import LOOPBACK
from deploy.local.processes import ManagedProcess, ProcessSpec, group_of, mark_in_command
from deploy.local.waiting import ServerDidNotStartError, wait_until

SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",  # four services, several senders, tests: pools of ten each
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",  # bulk imports would else force a checkpoint every few seconds
    "wal_compression": "on",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # without the row that an error is about: it may hold a phone
}


ORPHANS_LIMIT = 20.0  # seconds
SETTLED = 1.0  # seconds: by then it answers, or has ended, or replays its log


class LocalPostgres:
    """PostgreSQL with its data in `folder`; its process is recorded in `run_dir`."""

    def __init__(
        self,
        folder: Path,
        run_dir: Path,
        port: int,
        password: str,
        *,
        dies_with_parent: bool = False,
    ) -> None:
        self.folder = folder
        self.port = port
        self.password = password
        self._run_dir = run_dir
        self._dies_with_parent = dies_with_parent
        self._bin = packages.postgres_bin()
        self._user = "postgres" if os.geteuid() == 0 else None
        self.process = self._managed()

    @property
    def admin_url(self) -> str:
        """A plain `postgresql://` URL of the superuser."""
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@{LOOPBACK}:{self.port}/postgres"

    def start(self) -> None:
        """Make the data folder if there is none, start the server, wait until it answers."""
        if not (self.folder / "PG_VERSION").exists():
            self._init()
        self._start_process()
        self.wait_ready()

    def wait_ready(self, limit: float = 60.0) -> None:
        """Wait until a session can be opened.

        Raises ServerDidNotStartError after `limit` seconds, or at once when the process ended.
        """
        wait_until(lambda: self.is_ready() or self.process.pid is None, limit)
        if not self.is_ready():
            raise ServerDidNotStartError(f"PostgreSQL: see {self.process.log_file}")

    def _start_process(self) -> None:
        """Start the process, and again while it ends at once.

        Sessions of a server that was killed may outlive it by some seconds; until they notice,
        no other may start on the same data.
        """
        until = time.monotonic() + ORPHANS_LIMIT
        self.process.start()
        while not wait_until(self.is_ready, SETTLED) and time.monotonic() < until:
            if self.process.pid is None:
                self.process.start()

    def is_ready(self) -> bool:
        probe = [str(self._bin / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(probe, check=False).returncode == 0

    def psql(
        self, script: Path, variables: Mapping[str, str], environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run an SQL script as superuser. Secrets go in by `environment`, never by `variables`."""
        settings = [part for item in variables.items() for part in ("--set", "=".join(item))]
        connect = ["-h", LOOPBACK, "-p", str(self.port), "-U", SUPERUSER, "-d", "postgres"]
        return subprocess.run(
            [str(self._bin / "psql"), "-qX", *connect, *settings, "--file", str(script)],
            env={"PATH": os.environ["PATH"], "PGPASSWORD": self.password, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self) -> None:
        self.process.stop()

    def remove(self) -> None:
        """Drop the data, wherever it was put."""
        shutil.rmtree(self.folder.resolve(), ignore_errors=True)
        self.folder.unlink(missing_ok=True)

    def _managed(self) -> ManagedProcess:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        settings.append(mark_in_command(self._run_dir))
        data = str(self.folder.resolve())
        return ManagedProcess(
            ProcessSpec(
                name="postgres",
                command=[str(self._bin / "postgres"), "-D", data, "-p", str(self.port), *settings],
                environment={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                user=self._user,
                # The fast shutdown: ends sessions, then writes everything down.
                stop_signal=signal.SIGINT,
                dies_with_parent=self._dies_with_parent,
            ),
            self._run_dir,
        )

    def _init(self) -> None:
        """Create the data folder.

        PostgreSQL refuses to run as root, so root runs it as the system user `postgres`. Where
        that user cannot enter (a checkout in root's home), the data goes to a private folder
        under /var/tmp, linked from its usual place.
        """
        self._make_folder()
        self.process = self._managed()  # the folder may have become a link by now
        with tempfile.NamedTemporaryFile("w", prefix="carillon-") as password_file:
            password_file.write(self.password)
            password_file.flush()
            if self._user is not None:
                shutil.chown(password_file.name, self._user)
            subprocess.run(
                [
                    str(self._bin / "initdb"),
                    *("--pgdata", str(self.folder.resolve())),
                    *("--username", SUPERUSER),
                    *("--pwfile", password_file.name),
                    *("--auth", "scram-sha-256"),
                    *("--encoding", "UTF8"),
                    *("--locale", "C.UTF-8"),
                    "--no-sync",
                ],
                check=True,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                user=self._user,
                group=group_of(self._user),
                cwd="/",
                stdout=subprocess.DEVNULL,
            )

    def _make_folder(self) -> None:
        if self.folder.is_symlink():
            self.folder.unlink()
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user is None:
            return
        if not _can_enter(self._user, self.folder):
            self.folder.rmdir()
            self.folder.symlink_to(tempfile.mkdtemp(prefix="carillon-postgres-", dir="/var/tmp"))
        shutil.chown(self.folder, self._user, group_of(self._user))
        self.folder.chmod(0o700)


def _can_enter(user: str, folder: Path) -> bool:
    probe = ["test", "-x", str(folder.parent)]
    return (
        subprocess.run(probe, user=user, group=group_of(user), cwd="/", check=False).returncode == 0
    )
