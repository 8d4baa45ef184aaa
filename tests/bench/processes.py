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
    """``cpu``: seconds so far; ``peak``: MB of resident memory, summed over the processes."""

    cpu: float
    peak: float
    processes: int


def usage(pid: int) -> Usage:
    """Of a process and everything below it. PostgreSQL's shared pages count in each of its
    processes, so its sum is an upper bound."""
    family = list(_family(pid))
    return Usage(sum(map(_cpu, family)), sum(map(_peak, family)), len(family))


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
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((x for x in status.splitlines() if x.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024
