"""What `make up`, `down`, `reset` and `status` do without containers."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.addresses import Addresses
from deploy.backups import BackupError, asked_for, backup, new_folder, restore
from deploy.local.backups import LocalPlace
from deploy.local.leftovers import kill_everything, stop_leftovers
from deploy.local.plan import Plan, fixed_ports
from deploy.local.ports import LOOPBACK
from deploy.local.processes import ManagedProcess, ProcessSpec, read_pid
from deploy.local.run_ports import read_ports
from deploy.local.status import Status, read_status
from deploy.local.waiting import wait_until
from deploy.variables import ROOT

START_LIMIT = 300.0  # seconds; installing the servers' packages is part of it
STOP_LIMIT = 120.0


class Run:
    """The run of one checkout, seen from outside."""

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self.home = home
        self.run_dir = home / "run"
        self._variables = variables
        self._status_file = self.run_dir / "status.json"
        self._supervisor = ManagedProcess(
            ProcessSpec(
                "supervisor",
                [sys.executable, "-m", "deploy.local", "supervise"],
                {**os.environ, "PYTHONUNBUFFERED": "1"},
                cwd=ROOT,
                stop_limit=STOP_LIMIT,
            ),
            self.run_dir,
        )

    def up(self) -> int:
        """Start what does not run yet and wait until it is healthy. Returns an exit status."""
        if self._supervisor.pid is None:
            self._status_file.unlink(missing_ok=True)
            self._supervisor.start()
        else:
            print("Carillon already runs; `make down` first to apply other settings.")
        status = self._follow()
        if status is None or not status.ready:
            # Another try must not meet what this one is still stopping.
            wait_until(lambda: self._supervisor.pid is None, STOP_LIMIT)
            print(f"Carillon did not start. {self._reason(status)}", file=sys.stderr)
            return 1
        self._print_addresses()
        return 0

    def down(self) -> int:
        """Stop everything this run started, also what a killed supervisor left behind."""
        ran = self._supervisor.pid is not None
        self._supervisor.stop()
        left = stop_leftovers(self.run_dir)
        self._status_file.unlink(missing_ok=True)
        print("Carillon is stopped." if ran or left else "Carillon did not run.")
        return 0

    def reset(self) -> int:
        """Drop every database, queue, secret and log of the run, so nothing ends politely."""
        ran = kill_everything(self.run_dir)
        print("Carillon is stopped." if ran else "Carillon did not run.")
        postgres = self.home / "postgres"
        shutil.rmtree(postgres.resolve(), ignore_errors=True)
        for entry in ("postgres", "ports.json", "secrets.env", "addresses.env", "lock"):
            (self.home / entry).unlink(missing_ok=True)
        for folder in ("rabbitmq", "run"):
            shutil.rmtree(self.home / folder, ignore_errors=True)
        print("Its data is dropped.")
        return 0

    def status(self) -> int:
        """Print every process; the exit status is 0 when all run and are healthy."""
        status = read_status(self._status_file)
        for file in sorted(self.run_dir.glob("*.pid")):
            process = ManagedProcess(ProcessSpec(file.stem, ()), self.run_dir)
            state = "runs" if process.pid else "is gone"
            print(f"{file.stem:12} {state} (pid {read_pid(file)})")
        if self._supervisor.pid is None or status is None or not status.ready:
            print("Carillon does not run.")
            return 1
        self._print_addresses()
        return 0

    def rebuild(self) -> int:
        """Make anew what the scheduler knows, from api and senders; an exit status."""
        return self._run_steps(Plan.rebuild)

    def retell(self) -> int:
        """Make the books of stats anew from what scheduler and senders know; an exit status."""
        return self._run_steps(Plan.retell)

    def backup(self) -> int:
        """Dump every service's database into a new folder; an exit status."""

        def dump(place: LocalPlace) -> None:
            folder = new_folder(self.home / "backups")
            backup(place, folder)
            print(f"Backed up to {_shown(folder)}")

        return self._with_databases(dump)

    def restore(self) -> int:
        """Restore the databases that were asked for, and see to what follows; an exit status."""

        def load(place: LocalPlace) -> None:
            folder, services = asked_for(ROOT)
            restore(place, folder, services)
            print(f"Restored {', '.join(services)} from {_shown(folder)}")

        return self._with_databases(load)

    def _with_databases(self, action: Callable[[LocalPlace], None]) -> int:
        if self._supervisor.pid is None:
            print("Carillon does not run: `make up` first.", file=sys.stderr)
            return 1
        ports = self._ports()
        password = self._variables["POSTGRES_PASSWORD"]
        plan = Plan(self._variables, ports)
        try:
            action(LocalPlace(plan, ports["postgres"], password))
        except BackupError as error:
            print(error, file=sys.stderr)
            return 1
        return 0

    def _run_steps(self, steps: Callable[[Plan], Sequence[ProcessSpec]]) -> int:
        """One after the other, until one fails."""
        if self._supervisor.pid is None:
            print("Carillon does not run: `make up` first.", file=sys.stderr)
            return 1
        for step in steps(Plan(self._variables, self._ports())):
            environment = dict(step.environment)
            done = subprocess.run(step.command, env=environment, cwd=step.cwd, check=False)
            if done.returncode != 0:
                return done.returncode
        return 0

    def _ports(self) -> dict[str, int]:
        return {**read_ports(self.home / "ports.json"), **fixed_ports(self._variables)}

    def _follow(self) -> Status | None:
        """Print each phase until the start succeeded or was given up; the last status."""
        until, last = time.monotonic() + START_LIMIT, None
        while time.monotonic() < until:
            status = read_status(self._status_file)
            if status is not None and (status.ready or status.error):
                return status
            if status is not None and status != last:
                print(f"  {status.phase}", flush=True)
                last = status
            if self._supervisor.pid is None:
                return read_status(self._status_file)
            time.sleep(0.1)
        return last

    def _reason(self, status: Status | None) -> str:
        if status is not None and status.error:
            return status.error
        return f"See {self._supervisor.log_file}."

    def _print_addresses(self) -> None:
        ports = self._ports()
        addresses = Addresses.of(self._variables, ports["simulator"])
        addresses.write(self.home / "addresses.env")
        addresses.tell(
            f"RabbitMQ    http://{LOOPBACK}:{ports['management']} (user admin,"
            f" RABBITMQ_ADMIN_PASSWORD in {_shown(self.home)}/secrets.env)",
            f"Logs        {_shown(self.home)}/run/*.log",
        )


def _shown(folder: Path) -> Path:
    """As it would be typed where the command was given."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
