"""Keeps a run alive: starts it, brings back what dies, stops it on SIGTERM.

It holds a lock on the run's folder for as long as it lives, so there is never a second one.
"""

import fcntl
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event

from deploy.local import packages
from deploy.local.leftovers import stop_leftovers
from deploy.local.plan import fixed_ports, port_names
from deploy.local.ports import is_free
from deploy.local.processes import ManagedProcess
from deploy.local.run_ports import keep_ports
from deploy.local.servers import ServerFolders
from deploy.local.startup import Startup, StepFailedError
from deploy.local.status import Status
from deploy.local.waiting import ServerDidNotStartError

LOOK_EVERY = 0.2  # seconds: a process that died is back well within two
CALM = 1.0  # seconds before a process that died young is tried again


class Supervisor:
    """The life of one run."""

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self._folders = ServerFolders(home)
        self._variables = variables
        self._status_file = self._folders.run / "status.json"
        self._stopped = Event()
        self._started_at: dict[str, float] = {}

    def run(self) -> int:
        """Live until SIGTERM or SIGINT. Returns the exit status."""
        self._folders.run.mkdir(parents=True, exist_ok=True)
        with (self._folders.home / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._log("Another supervisor already runs here.")
                return 1
            return self._live()

    def _live(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        stop_leftovers(self._folders.run)
        startup: Startup | None = None
        try:
            startup = self._prepare()
            startup.run()
            self._tell(Status("Everything is healthy.", ready=True))
            self._watch(startup.processes())
        except _Stop:
            self._log("Asked to stop.")
        except (StepFailedError, ServerDidNotStartError, packages.MissingPackageError) as failure:
            self._tell(Status("The start was given up.", error=str(failure)))
            return 1
        finally:
            self._stop_all(startup)
        return 0

    def _prepare(self) -> Startup:
        packages.ensure_servers_installed()
        fixed = fixed_ports(self._variables)
        for name, port in fixed.items():
            if not is_free(port):
                raise StepFailedError(
                    f"Port {port} is taken: choose another with {name.upper()}_PORT."
                )
        wanted = [name for name in port_names(self._variables) if name not in fixed]
        ports = {**keep_ports(self._folders.home / "ports.json", wanted), **fixed}
        return Startup(
            self._folders, self._variables, ports, lambda phase: self._tell(Status(phase))
        )

    def _watch(self, processes: list[ManagedProcess]) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            for process in processes:
                if process.pid is None:
                    self._bring_back(process)

    def _bring_back(self, process: ManagedProcess) -> None:
        name, now = process.spec.name, time.monotonic()
        if now - self._started_at.get(name, now - CALM) < CALM:
            return
        self._started_at[name] = now
        self._log(f"{name} is gone; started again as {process.start()}.")

    def _stop_all(self, startup: Startup | None) -> None:
        # A second signal must not cut the stopping short.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if startup is None:
            return
        services = [process for _, process in startup.units]
        for process in services:
            process.ask_to_stop()
        for process in reversed(services):
            process.stop()
        startup.rabbitmq.stop()
        startup.postgres.stop()
        self._log("Everything is stopped.")

    def _on_signal(self, _number: int, _frame: object) -> None:
        if not self._stopped.is_set():
            self._stopped.set()
            raise _Stop

    def _tell(self, status: Status) -> None:
        self._log(status.error or status.phase)
        status.write(self._status_file)

    def _log(self, sentence: str) -> None:
        print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {sentence}", flush=True)


class _Stop(BaseException):
    """Raised by the signal handler, so that a start in progress ends at once."""
