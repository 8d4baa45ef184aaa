"""What processes used, read from /proc: CPU seconds and peak memory, children included."""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = 2  # fields of /proc/<pid>/stat before the state: the pid and the name
_PARENT, _USER, _SYSTEM = 3, 13, 14


@dataclass(frozen=True)
class Usage:
    """``cpu``: seconds so far; ``memory``: MB, the peak of a single process; of a family what it
    has now, pages that several share counted once."""

    cpu: float
    memory: float
    processes: int


def usage(pid: int) -> Usage:
    """Of a process and everything below it."""
    family = _family(pid)
    memory = _peak(pid) if len(family) == 1 else sum(map(_share, family))
    return Usage(sum(map(_cpu, family)), memory, len(family))


def _family(pid: int) -> list[int]:
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[_PARENT - _AFTER_NAME])].append(int(entry.name))
    found = [pid]
    for one in found:
        found += children[one]
    return found


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may itself hold spaces and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu(pid: int) -> float:
    fields = _stat(pid)
    used = (int(fields[n - _AFTER_NAME]) for n in (_USER, _SYSTEM)) if fields else ()
    return sum(used) / _TICKS


def _peak(pid: int) -> float:
    return _megabytes(f"/proc/{pid}/status", "VmHWM:")


def _share(pid: int) -> float:
    return _megabytes(f"/proc/{pid}/smaps_rollup", "Pss:")


def _megabytes(file: str, name: str) -> float:
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return 0.0
    kilobytes = next((line.split()[1] for line in lines if line.startswith(name)), "0")
    return int(kilobytes) / 1024
