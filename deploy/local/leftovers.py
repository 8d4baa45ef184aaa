"""Processes of a run that no supervisor stops: it was killed itself, or nothing is to be kept."""

import os
import signal
from pathlib import Path

from deploy.local.processes import ManagedProcess, ProcessSpec, belongs_to
from deploy.local.waiting import wait_until

# The servers last: the services still want to write down how their work ended.
LAST = ("rabbitmq", "epmd", "postgres")


def stop_leftovers(run_dir: Path) -> list[str]:
    """Stop what still runs and remove every pid file but the supervisor's.

    Returns the names of what was still running.
    """
    stopped = []
    for name in _in_order({file.stem for file in run_dir.glob("*.pid")} - {"supervisor"}):
        number = signal.SIGINT if name == "postgres" else signal.SIGTERM
        process = ManagedProcess(ProcessSpec(name, command=(), stop_signal=number), run_dir)
        if process.pid is not None:
            stopped.append(name)
        process.stop()
    return stopped


def kill_everything(run_dir: Path) -> list[str]:
    """End every process of the run at once, for when nothing of it is wanted again.

    PostgreSQL ends itself at once, too: killed, it would leave its shared memory behind. Returns
    the names of what was running.
    """
    running = [
        file.stem
        for file in run_dir.glob("*.pid")
        if ManagedProcess(ProcessSpec(file.stem, ()), run_dir).pid is not None
    ]
    ManagedProcess(ProcessSpec("supervisor", ()), run_dir).kill()  # or it would start them again
    ManagedProcess(ProcessSpec("postgres", (), stop_signal=signal.SIGQUIT), run_dir).stop()
    for pid in _pids(run_dir):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_until(lambda: not _pids(run_dir), 5.0, pause=0.02)
    return running


def _pids(run_dir: Path) -> list[int]:
    """Also of those whose pid file was not written any more."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and belongs_to(pid, run_dir)]


def _in_order(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: (LAST.index(name) + 1 if name in LAST else 0, name))
