"""Processes kept by pid file."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.leftovers import kill_everything, stop_leftovers
from deploy.local.processes import ManagedProcess, ProcessSpec, belongs_to, write_pid
from deploy.local.waiting import wait_until

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process of somebody else."""
    process = subprocess.Popen(["sleep", "60"])
    yield process.pid
    process.kill()
    process.wait()


def sleeper(run_dir: Path, name: str = "sleeper") -> ManagedProcess:
    return ManagedProcess(ProcessSpec(name, ["sleep", "60"], {"PATH": os.environ["PATH"]}), run_dir)


def test_a_process_is_found_again_by_its_pid_file(tmp_path: Path) -> None:
    first = sleeper(tmp_path)
    pid = first.start()

    again = sleeper(tmp_path)

    assert again.pid == pid
    assert int((tmp_path / "sleeper.pid").read_text()) == pid
    again.stop()
    assert first.pid is None
    assert not (tmp_path / "sleeper.pid").exists()


def test_a_polite_process_gives_way_to_those_of_other_sessions_too(tmp_path: Path) -> None:
    spec = ProcessSpec("polite", ["sleep", "60"], {"PATH": os.environ["PATH"]}, niceness=7)
    process = ManagedProcess(spec, tmp_path)
    pid = process.start()
    try:
        ours = os.getpriority(os.PRIO_PROCESS, 0)  # a process begins as nice as its parent
        nice = min(ours + 7, 19)
        assert wait_until(lambda: os.getpriority(os.PRIO_PROCESS, pid) == nice, 5.0, 0.01)
        shared_by_sessions = Path(f"/proc/{pid}/autogroup")
        if not shared_by_sessions.exists():
            pytest.skip("this kernel does not share the CPU by sessions")
        assert shared_by_sessions.read_text().split()[-1] == str(nice)
    finally:
        process.stop()


def test_a_crash_leaves_the_pid_file_and_the_process_counts_as_gone(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    pid = process.start()

    process.kill()

    assert (tmp_path / "sleeper.pid").read_text() == f"{pid}\n"
    assert process.pid is None


def test_a_restart_never_leaves_the_pid_file_away(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    process.start()
    seen: list[str | None] = []
    finished = threading.Event()

    def look() -> None:
        while not finished.is_set():
            seen.append(process.pid_file.read_text() if process.pid_file.exists() else None)

    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(5):
        process.kill()
        process.start()
    finished.set()
    watcher.join()

    assert None not in seen
    assert all(text and text.strip().isdigit() for text in seen)
    process.stop()


def test_a_stale_pid_file_never_ends_a_stranger(tmp_path: Path, stranger: int) -> None:
    write_pid(tmp_path / "sleeper.pid", stranger)

    assert sleeper(tmp_path).pid is None
    stop_leftovers(tmp_path)

    assert not (tmp_path / "sleeper.pid").exists()
    os.kill(stranger, 0)


def test_a_process_of_another_folder_is_a_stranger(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    process = sleeper(other)
    pid = process.start()
    mine.mkdir()
    write_pid(mine / "sleeper.pid", pid)

    assert sleeper(mine).pid is None
    process.stop()


def test_a_process_that_will_not_stop_is_ended_by_force(tmp_path: Path) -> None:
    spec = ProcessSpec("stubborn", [sys.executable, "-c", STUBBORN], stop_limit=0.3)
    process = ManagedProcess(spec, tmp_path)
    process.start()
    while "up" not in process.log_file.read_text():
        pass

    process.stop()

    assert process.pid is None


def test_leftovers_are_stopped_the_servers_last(tmp_path: Path) -> None:
    names = ("postgres", "api", "rabbitmq", "sender-1")
    processes = [sleeper(tmp_path, name) for name in names]
    for process in processes:
        process.start()

    assert stop_leftovers(tmp_path) == ["api", "sender-1", "rabbitmq", "postgres"]
    assert stop_leftovers(tmp_path) == []
    assert [process.pid for process in processes] == [None] * 4


def test_everything_is_killed_at_once_also_what_has_no_pid_file(tmp_path: Path) -> None:
    names = ("supervisor", "postgres", "api")
    processes = [sleeper(tmp_path, name) for name in names]
    pids = [process.start() for process in processes]
    (tmp_path / "api.pid").unlink()
    other = sleeper(tmp_path / "other")
    stranger = other.start()

    assert sorted(kill_everything(tmp_path)) == ["postgres", "supervisor"]
    assert not any(belongs_to(pid, tmp_path) for pid in pids)
    assert [process.pid for process in processes] == [None] * 3
    assert kill_everything(tmp_path) == []
    assert other.pid == stranger
    other.stop()


def test_the_supervisor_is_no_leftover(tmp_path: Path) -> None:
    supervisor = sleeper(tmp_path, "supervisor")
    pid = supervisor.start()

    assert stop_leftovers(tmp_path) == []
    assert supervisor.pid == pid
    supervisor.kill()
    assert supervisor.pid is None
