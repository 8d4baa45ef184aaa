"""Times the baseline (``tests/bench/baseline``): the same provider and servers, another way."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from deploy.local import packages
from deploy.local.ports import LOOPBACK, answers, free_ports
from deploy.local.postgres import SUPERUSER, LocalPostgres
from deploy.local.processes import ManagedProcess, ProcessSpec
from deploy.local.servers import passing_postgres
from deploy.local.waiting import ServerDidNotStartError, wait_until
from tests.bench.nginx import FLUSHED_WITHIN, running_nginx
from tests.bench.processes import usage

ROOT = Path(__file__).resolve().parents[2]
BASELINE = Path(__file__).parent / "baseline"
VENV = ROOT / ".venv-baseline"
PASSWORD = "of-no-use-here"
WORKERS = 8  # processes; of 2 to 16 the fastest on two cores


@dataclass(frozen=True)
class BaselineResult:
    """CPU in microseconds per message."""

    clients: int
    messages_per_second: float
    cpu: Mapping[str, float]

    @property
    def cpu_in_all(self) -> float:
        return sum(self.cpu.values())


def run_baseline(clients: int, *, latency: float) -> BaselineResult:
    """``latency``: seconds until the provider answers."""
    _ensure_installed()
    home = Path(tempfile.mkdtemp(prefix="carillon-baseline-"))
    home.chmod(0o711)
    try:
        return _run(home, clients, latency)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(home: Path, clients: int, latency: float) -> BaselineResult:
    with ExitStack() as stack:
        provider = stack.enter_context(running_nginx(home / "nginx", latency=latency))
        postgres = passing_postgres(home, PASSWORD)
        stack.callback(postgres.remove)
        postgres.start()
        stack.callback(postgres.stop)
        redis, port = _redis(home)
        stack.callback(redis.stop)
        environment = _environment(postgres, port, provider.url)
        worker = _worker(home, environment)
        stack.callback(worker.stop)
        processes = {
            "worker": worker,
            "postgres": postgres.process,
            "redis": redis,
            "nginx": provider.process,
        }
        pids = {name: process.pid or 0 for name, process in processes.items()}
        before = {name: usage(pid).cpu for name, pid in pids.items()}
        _launch(environment, clients)
        after = {name: usage(pid).cpu for name, pid in pids.items()}
        time.sleep(2 * FLUSHED_WITHIN)
        calls = provider.calls()
        return BaselineResult(
            clients,
            clients / (calls.last - calls.first),
            {name: (after[name] - before[name]) / clients * 1e6 for name in pids},
        )


def _ensure_installed() -> None:
    if shutil.which("redis-server") is None:
        packages.install(["redis-server"])
    stamp, requirements = VENV / ".installed", BASELINE / "requirements.txt"
    if stamp.exists() and stamp.stat().st_mtime >= requirements.stat().st_mtime:
        return
    subprocess.run([str(ROOT / "deploy/venv.sh"), str(VENV), str(requirements)], check=True)
    stamp.touch()


def _redis(home: Path) -> tuple[ManagedProcess, int]:
    port = free_ports(1)[0]
    command = ["redis-server", "--port", str(port), "--bind", LOOPBACK, "--dir", str(home)]
    spec = ProcessSpec("redis", command, {"PATH": os.environ["PATH"]}, dies_with_parent=True)
    process = ManagedProcess(spec, home / "run")
    process.start()
    if not wait_until(lambda: answers(port), 10.0):
        raise ServerDidNotStartError(f"Redis: see {process.log_file}")
    return process, port


def _environment(postgres: LocalPostgres, redis: int, provider: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "BASELINE_DATABASE": "postgres",
        "BASELINE_USER": SUPERUSER,
        "BASELINE_PASSWORD": PASSWORD,
        "BASELINE_POSTGRES_PORT": str(postgres.port),
        "BASELINE_REDIS_PORT": str(redis),
        "BASELINE_PROVIDER_URL": provider,
    }


def _worker(home: Path, environment: Mapping[str, str]) -> ManagedProcess:
    command = ["celery", "-A", "celery_app", "worker", "--concurrency", str(WORKERS)]
    process = ManagedProcess(
        ProcessSpec(
            "worker",
            [str(VENV / "bin/python"), "-m", *command],
            environment,
            cwd=BASELINE,
            dies_with_parent=True,
        ),
        home / "run",
    )
    process.start()
    ready = wait_until(lambda: "is ready." in process.log_file.read_text(), 60.0, pause=0.2)
    if not ready:
        raise ServerDidNotStartError(f"Celery: {process.log_file.read_text()[-2000:]}")
    return process


def _launch(environment: Mapping[str, str], clients: int) -> None:
    subprocess.run(
        [str(VENV / "bin/python"), "launch.py", str(clients)],
        cwd=BASELINE,
        env=dict(environment),
        check=True,
        stdout=sys.stderr,
        timeout=clients / 10 + 120,
    )
