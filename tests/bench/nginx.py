"""nginx as the provider: it costs next to nothing, and its log says who was called and when.

It takes any call for ``/v1/send/…`` and answers as the contract says, at once or after a while. The
log stands for the simulator's books: a message in it twice was sent twice.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import packages
from deploy.local.ports import LOOPBACK, answers, free_ports
from deploy.local.processes import ManagedProcess, ProcessSpec
from deploy.local.waiting import ServerDidNotStartError, wait_until

ECHO = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
ANSWER = '{"code":0,"message":"OK"}'
# The log is written in large pieces, or it would cost more than the answer.
FLUSHED_WITHIN = 1.0

_CONFIGURATION = """
{modules}
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 16384;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 8192; }}
http {{
    log_format call '$msec $request_time $status $uri';
    access_log {home}/calls.log call buffer=64k flush=1s;
    client_body_temp_path {home}/bodies;
    proxy_temp_path {home}/unused;
    fastcgi_temp_path {home}/unused;
    uwsgi_temp_path {home}/unused;
    scgi_temp_path {home}/unused;
    keepalive_requests 100000000;
    keepalive_timeout 1h;
    default_type application/json;
    server {{
        listen {address}:{port} backlog=4096;
        location /v1/send/ {{ {answer} }}
        location / {{ return 404; }}
    }}
}}
"""


@dataclass(frozen=True)
class Calls:
    """``first``: when the first call came in; ``last``: when the last was answered (Unix
    seconds); ``distinct``: messages, of so many calls in all that were answered with 200."""

    first: float
    last: float
    calls: int
    distinct: int


@dataclass(frozen=True)
class Answered:
    """A call that was taken. ``came`` and ``at``: when it came in and was answered (Unix
    seconds)."""

    message: int
    came: float
    at: float


class NginxProvider:
    def __init__(self, home: Path, *, latency: float) -> None:
        """``latency``: seconds until a call is answered."""
        self.home = home
        self.port = free_ports(1)[0]
        self._latency = latency
        self.process = ManagedProcess(
            ProcessSpec(
                name="nginx",
                command=[_nginx(), "-p", str(home), "-c", str(home / "nginx.conf")],
                environment={"PATH": os.environ["PATH"]},
                dies_with_parent=True,
            ),
            home / "run",
        )

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "nginx.conf").write_text(self._configuration())
        self.process.start()
        if not wait_until(lambda: answers(self.port), 10.0):
            raise ServerDidNotStartError(f"nginx: see {self.process.log_file}")

    def stop(self) -> None:
        self.process.stop()

    def calls(self) -> Calls:
        """What the log tells; what was answered in its last second may not stand there yet."""
        return counted(self.answered())

    def answered(self) -> list[Answered]:
        """As ``calls``, one by one."""
        with (self.home / "calls.log").open() as lines:
            return read_answered(lines)

    def _configuration(self) -> str:
        slow = self._latency > 0
        return _CONFIGURATION.format(
            modules=f"load_module {ECHO};" if slow else "",
            user="user root;" if os.geteuid() == 0 else "",  # whoever else could not write here
            home=self.home,
            address=LOOPBACK,
            port=self.port,
            answer=f"echo_sleep {self._latency}; echo '{ANSWER}';"
            if slow
            else f"return 200 '{ANSWER}';",
        )


def read_answered(lines: Iterable[str]) -> list[Answered]:
    """Lines of the log: when the answer was sent, how long it took, the status, the path."""
    found = []
    for line in lines:
        at, took, status, path = line.split()
        if status == "200":
            found.append(Answered(int(path.rpartition("/")[2]), float(at) - float(took), float(at)))
    return found


def counted(answered: Sequence[Answered]) -> Calls:
    if not answered:
        return Calls(0.0, 0.0, 0, 0)
    return Calls(
        first=min(one.came for one in answered),
        last=max(one.at for one in answered),
        calls=len(answered),
        distinct=len({one.message for one in answered}),
    )


@contextmanager
def running_nginx(home: Path, *, latency: float) -> Iterator[NginxProvider]:
    ensure_nginx(slow=latency > 0)
    provider = NginxProvider(home, latency=latency)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def ensure_nginx(*, slow: bool) -> None:
    """Installs it through apt where it is missing, with what lets it take its time if ``slow``."""
    if not _found() or (slow and not ECHO.exists()):
        packages.install(["nginx-light", "libnginx-mod-http-echo"])


def _found() -> bool:
    return Path("/usr/sbin/nginx").exists() or shutil.which("nginx") is not None


def _nginx() -> str:
    return shutil.which("nginx") or "/usr/sbin/nginx"


def version() -> str:
    """As it says itself: ``nginx/1.22.1``."""
    said = subprocess.run([_nginx(), "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().rpartition(" ")[2]
