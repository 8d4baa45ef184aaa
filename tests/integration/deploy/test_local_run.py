"""A local run as `make up` and `make down` make it, with the real servers and services."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.health import http_status
from deploy.local.ports import free_ports
from deploy.local.processes import belongs_to, read_pid
from deploy.local.waiting import wait_until
from deploy.variables import ROOT

pytestmark = pytest.mark.e2e

NAMES = {
    *("api", "scheduler", "stats", "sender-1", "simulator"),
    *("postgres", "rabbitmq", "epmd", "supervisor"),
}


class LocalRun:
    """The commands of one run, in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.api_port = free_ports(1)[0]
        self._environment = {
            **os.environ,
            "CARILLON_DATA": str(home),
            "API_PORT": str(self.api_port),
            "SENDER_REPLICAS": "1",
            "SENDER_PROVIDER_URL": "",
            "SIMULATOR_PORT": "",
        }

    def __call__(self, command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", command],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def pids(self) -> dict[str, int]:
        """The live processes by name."""
        run_dir = self.home / "run"
        found = {file.stem: read_pid(file) for file in run_dir.glob("*.pid")}
        return {name: pid for name, pid in found.items() if pid and belongs_to(pid, run_dir)}


@pytest.fixture(scope="module")
def run() -> Iterator[LocalRun]:
    # Not under pytest's own folder: the data of the last three runs would be kept.
    home = Path(tempfile.mkdtemp(prefix="carillon-run-"))
    local = LocalRun(home)
    yield local
    local("reset")
    shutil.rmtree(home, ignore_errors=True)


def test_up_starts_everything_and_twice_changes_nothing(run: LocalRun) -> None:
    first = run("up")
    pids = run.pids()

    assert first.returncode == 0, first.stderr
    assert f"http://127.0.0.1:{run.api_port}/docs" in first.stdout
    assert pids.keys() == NAMES
    assert run("up").returncode == 0
    assert run.pids() == pids


@pytest.mark.parametrize("name", ["api", "sender-1", "postgres", "rabbitmq"])
def test_what_dies_is_back_within_two_seconds(run: LocalRun, name: str) -> None:
    gone = run.pids()[name]

    os.kill(gone, signal.SIGKILL)

    assert wait_until(lambda: run.pids().get(name, gone) != gone, 2.0)


def test_all_is_healthy_again_afterwards(run: LocalRun) -> None:
    assert wait_until(lambda: http_status(run.api_port, "/health/ready") == 200, 60.0, 0.2)
    assert run("status").returncode == 0


def test_up_after_everything_was_killed(run: LocalRun) -> None:
    before = run.pids()
    for name in ("supervisor", *(before.keys() - {"supervisor"})):
        os.kill(before[name], signal.SIGKILL)
    time.sleep(0.1)

    again = run("up")

    assert again.returncode == 0, again.stderr
    assert run.pids().keys() == NAMES
    assert not set(run.pids().values()) & set(before.values())


def test_down_stops_even_what_a_killed_supervisor_left(run: LocalRun) -> None:
    os.kill(run.pids()["supervisor"], signal.SIGKILL)

    assert run("down").returncode == 0

    assert run.pids() == {}
    assert not list((run.home / "run").glob("*.pid"))
    assert run("down").stdout == "Carillon did not run.\n"


def test_reset_drops_the_data(run: LocalRun) -> None:
    # As root it is elsewhere: this folder is closed to the user PostgreSQL runs as.
    data = (run.home / "postgres").resolve()
    assert data.exists()

    assert run("reset").returncode == 0

    assert not data.exists()
    assert list(run.home.iterdir()) == []


def test_a_port_that_is_taken_is_said_so(run: LocalRun) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", run.api_port))
        taken.listen()
        answer = run("up")

    assert answer.returncode == 1
    assert f"Port {run.api_port} is taken: choose another with API_PORT." in answer.stderr
