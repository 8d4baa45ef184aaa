"""A certified OpenID provider as a private process, and the browser that logs in there.

``python -m tests.support.openid`` installs both: the provider through npm, as its lock file says,
the browser through apt.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from deploy.local.packages import MissingPackageError, ensure_installed
from deploy.local.ports import answers, free_ports
from deploy.local.processes import ManagedProcess, ProcessSpec
from deploy.local.waiting import ServerDidNotStartError, wait_until

FOLDER = Path(__file__).parents[1] / "integration" / "oidc"
CHROMIUM = Path("/usr/bin/chromium")
# A browser for tests: no sandbox, for root has none; and it asks nobody for anything.
BROWSER_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
# What npm writes last.
_INSTALLED = FOLDER / "node_modules" / ".package-lock.json"
_LOCK = FOLDER / "package-lock.json"

Json = dict[str, Any]


class CertifiedProvider:
    def __init__(self, home: Path, people: Mapping[str, Json]) -> None:
        """``people``: what is told of each, by the name that they log in with."""
        self.port = free_ports(1)[0]
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._home = home
        self._people = people
        self._clients: list[Json] = []
        self._process: ManagedProcess | None = None

    def start(self, clients: list[Json]) -> None:
        """With a key that nobody has seen yet."""
        self._clients = clients
        told = {
            "issuer": self.issuer,
            "port": self.port,
            "keys": [_new_key()],
            "people": self._people,
            "clients": clients,
        }
        spec = ProcessSpec(
            name="openid-provider",
            command=[_program("node"), "provider.js"],
            environment={"PATH": os.environ["PATH"], "PROVIDER": json.dumps(told)},
            cwd=FOLDER,
            dies_with_parent=True,
        )
        self._process = ManagedProcess(spec, self._home)
        self._process.start()
        if not wait_until(lambda: answers(self.port), 20.0):
            raise ServerDidNotStartError(f"the provider: see {self._process.log_file}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.stop()

    def change_keys(self) -> None:
        self.stop()
        self.start(self._clients)


@contextmanager
def certified_provider(home: Path, people: Mapping[str, Json]) -> Iterator[CertifiedProvider]:
    """Not started yet: it wants to know its clients first."""
    install()
    provider = CertifiedProvider(home, people)
    try:
        yield provider
    finally:
        provider.stop()


def install() -> None:
    """What is missing; nothing where all is there."""
    ensure_installed({"chromium": _chromium, "nodejs": _node, "npm": _npm})
    if not _INSTALLED.exists() or _INSTALLED.stat().st_mtime < _LOCK.stat().st_mtime:
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        subprocess.run([_program("npm"), "ci", *quiet], cwd=FOLDER, check=True)


def _new_key() -> Json:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    told: Json = RSAAlgorithm.to_jwk(key, as_dict=True)
    return {**told, "use": "sig", "kid": os.urandom(8).hex()}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingPackageError(f"Please install {name} first.")
    return found


def _chromium() -> Path:
    if not CHROMIUM.exists():
        raise MissingPackageError("Please install it first: `apt-get install chromium` as root.")
    return CHROMIUM


def _node() -> Path:
    return Path(_program("node"))


def _npm() -> Path:
    return Path(_program("npm"))


if __name__ == "__main__":
    install()
