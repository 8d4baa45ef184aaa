"""Processes that an earlier supervisor left behind, because it was killed itself."""

import signal
from pathlib import Path

from deploy.local.processes import ManagedProcess, ProcessSpec

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


def _in_order(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: (LAST.index(name) + 1 if name in LAST else 0, name))
