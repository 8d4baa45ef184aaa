"""What processes used, read from /proc: CPU seconds and peak memory, children included."""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = 2  # fields of /proc/<pid>/stat before the state: the pid and the name
_PARENT, _USER, _SYSTEM, _ENDED_USER, _ENDED_SYSTEM = 3, 13, 14, 15, 16


@dataclass(frozen=True)
class Usage:
    """``cpu``: seconds so far, with those of children that have ended; ``memory``: MB, the peak of
    a single process; of a family what it has now, pages that several share counted once."""

    cpu: float
    memory: float
    processes: int


def usage(pid: int) -> Usage:
    """Of a process and everything below it."""
    family = _family(pid)
    memory = _peak(pid) if len(family) == 1 else sum(map(_share, family))
    return Usage(sum(map(_cpu, family)) + _cpu_of_ended(pid), memory, len(family))


def cpu_by_database(postmaster: int) -> dict[str, float]:
    """CPU seconds of PostgreSQL by what its processes say they do: the database of a session, or
    ``server`` for what serves all of them (writers, vacuum)."""
    found: defaultdict[str, float] = defaultdict(float)
    for pid in _family(postmaster):
        found[database_of(_command(pid))] += _cpu(pid)
    found["server"] += _cpu_of_ended(postmaster)
    return dict(found)


def database_of(command: str) -> str:
    """A session's title is ``postgres: user database address …``."""
    words = command.split()
    is_session = len(words) > 3 and words[0] == "postgres:" and "(" in words[3]
    return words[2].removeprefix("carillon_") if is_session else "server"


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


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
    return _ticks(pid, _USER, _SYSTEM)


def _cpu_of_ended(pid: int) -> float:
    """Of children that have ended and been waited for: workers come and go."""
    return _ticks(pid, _ENDED_USER, _ENDED_SYSTEM)


def _ticks(pid: int, *numbers: int) -> float:
    fields = _stat(pid)
    return sum(int(fields[n - _AFTER_NAME]) for n in numbers if fields) / _TICKS


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
