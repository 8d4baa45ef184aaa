"""Processes kept by pid file: started, recognised again, stopped.

A pid file may outlive its process, and its number may meanwhile belong to a stranger. So
every process we start carries the folder it was started for in its environment, and a pid
counts as ours only while that mark is there.
"""

import os
import pwd
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.waiting import wait_until

MARK = "CARILLON_HOME"


@dataclass(frozen=True)
class ProcessSpec:
    """What to start, under which name, and how to end it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    """Run as this system user; None means as ourselves."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_limit: float = 15.0
    """Seconds between the polite signal and SIGKILL."""
    cwd: Path | None = None
    niceness: int = 0
    """0 to 19: how readily it gives way to other processes when the CPU is wanted by all."""
    dies_with_parent: bool = False
    """Killed by the kernel when the process that started it is gone (test servers)."""


class ManagedProcess:
    """One process with its pid file and its log, `<run_dir>/<name>.pid` and `.log`."""

    def __init__(self, spec: ProcessSpec, run_dir: Path) -> None:
        self.spec = spec
        self.run_dir = run_dir
        self.pid_file = run_dir / f"{spec.name}.pid"
        self.log_file = run_dir / f"{spec.name}.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The live process that the pid file names, or None."""
        if self._child is not None:
            self._child.poll()  # whoever ended it, only its parent can clear it away
        pid = read_pid(self.pid_file)
        return pid if pid is not None and self.is_ours(pid) else None

    def is_ours(self, pid: int) -> bool:
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is None
        return belongs_to(pid, self.run_dir)

    def start(self) -> int:
        """Start the process and write its pid file; what was left of an earlier one is stopped.

        The old pid file stays until the new one replaces it, so there is always one to read.
        """
        self._end()
        self.run_dir.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            child = self._child = subprocess.Popen(
                self._command(),
                env={**self.spec.environment, MARK: str(self.run_dir)},
                cwd=self.spec.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.spec.user,
                group=group_of(self.spec.user),
                extra_groups=None if self.spec.user is None else [],
            )
        # For a moment after it began a process has no environment to be recognised by.
        wait_until(
            lambda: belongs_to(child.pid, self.run_dir) or child.poll() is not None, 2.0, 0.005
        )
        self._give_way(child.pid)
        write_pid(self.pid_file, child.pid)
        return child.pid

    def _give_way(self, pid: int) -> None:
        """Where the kernel shares the CPU by sessions first, a process that is alone in its session
        gives way to nobody by being nice: its session must be, as nice as the process."""
        niceness = min(os.getpriority(os.PRIO_PROCESS, 0) + self.spec.niceness, 19)
        if niceness:
            with suppress(OSError):  # other kernels share by processes alone
                Path(f"/proc/{pid}/autogroup").write_text(str(niceness))

    def stop(self) -> None:
        """End the process politely, by force after the limit, and remove its pid file."""
        self._end()
        self.pid_file.unlink(missing_ok=True)

    def _end(self) -> None:
        pid = self.pid
        if pid is not None and not self._signal_and_wait(
            pid, self.spec.stop_signal, self.spec.stop_limit
        ):
            self._signal_and_wait(pid, signal.SIGKILL, 5.0)

    def ask_to_stop(self) -> None:
        """Send the polite signal and do not wait."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, self.spec.stop_signal)

    def kill(self) -> None:
        """End the process as a crash would: SIGKILL, the pid file stays behind."""
        pid = self.pid
        if pid is not None:
            self._signal_and_wait(pid, signal.SIGKILL, 5.0)

    def _command(self) -> list[str]:
        polite = ["nice", "-n", str(self.spec.niceness)] if self.spec.niceness else []
        bound = ["setpriv", "--pdeathsig", "KILL", "--"] if self.spec.dies_with_parent else []
        return [*polite, *bound, *self.spec.command]

    def _signal_and_wait(self, pid: int, number: signal.Signals, limit: float) -> bool:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        return wait_until(lambda: not self._is_alive(pid), limit, pause=0.02)

    def _is_alive(self, pid: int) -> bool:
        # The mark is gone some moments before the process and its ports are.
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is None
        return state_of(pid) not in (None, "Z")


def read_pid(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def write_pid(file: Path, pid: int) -> None:
    """Write in one step, so that a reader never sees half a number."""
    draft = file.with_suffix(".pid.new")
    draft.write_text(f"{pid}\n")
    draft.replace(file)


def belongs_to(pid: int, run_dir: Path) -> bool:
    """Whether a living process was started for this folder."""
    try:
        marks = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except PermissionError:
        # Another user's, and in a container not even root may look: its command line tells.
        marks = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    wanted = {f"{MARK}={run_dir}".encode(), mark_in_command(run_dir).encode()}
    return not wanted.isdisjoint(marks) and state_of(pid) not in (None, "Z")


def mark_in_command(run_dir: Path) -> str:
    """An argument by which a process is recognised where its environment cannot be read.

    To PostgreSQL it is a setting of an extension that it does not know, which it ignores.
    """
    return f"--carillon.home={run_dir}"


def state_of(pid: int) -> str | None:
    """The kernel's letter for a process, Z for one that ended; None if there is none."""
    try:
        # The state follows the name, which is in brackets and may itself contain some.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def group_of(user: str | None) -> int | None:
    """The main group of a system user; None for None."""
    return None if user is None else pwd.getpwnam(user).pw_gid
