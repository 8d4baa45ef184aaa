"""The servers' programs: found where Debian puts them, installed through apt when missing."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# While this file says no, Debian starts no service that it installs: we need the programs,
# not a system-wide server on the well-known port.
START_POLICY = Path("/usr/sbin/policy-rc.d")
START_NOTHING = "#!/bin/sh\nexit 101\n"


class MissingPackageError(Exception):
    """Something is not installed and cannot be installed from here."""


def postgres_bin() -> Path:
    """The folder with `initdb` and `postgres`, of the newest version installed."""
    folders = sorted(
        (found.parent for found in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: float(folder.parent.name),
    )
    return folders[-1] if folders else _on_path("initdb", "postgresql")


def rabbitmq_bin() -> Path:
    """The folder with the plain `rabbitmq-server`, not Debian's wrapper that changes the user."""
    folder = Path("/usr/lib/rabbitmq/bin")
    if (folder / "rabbitmq-server").exists():
        return folder
    return _on_path("rabbitmq-server", "rabbitmq-server")


def ensure_servers_installed() -> None:
    """Install what is missing of PostgreSQL and RabbitMQ, or say what to install."""
    ensure_installed({"postgresql": postgres_bin, "rabbitmq-server": rabbitmq_bin})


def ensure_installed(wanted: Mapping[str, Callable[[], Path]]) -> None:
    """Install the packages of which something cannot be found, or say what to install."""
    missing = [package for package, find in wanted.items() if not _is_found(find)]
    if missing:
        install(missing)


def _on_path(program: str, package: str) -> Path:
    found = shutil.which(program)
    if found is None:
        raise MissingPackageError(f"Please install it first: `apt-get install {package}` as root.")
    return Path(found).resolve().parent


def _is_found(find: Callable[[], Path]) -> bool:
    try:
        find()
    except MissingPackageError:
        return False
    return True


def install(packages: list[str]) -> None:
    """Through apt. Raises MissingPackageError where that cannot be done without asking."""
    root = _as_root()
    if shutil.which("apt-get") is None or root is None:
        raise MissingPackageError(
            f"Please install {' and '.join(packages)} first"
            " (`apt-get install ...` as root on Debian or Ubuntu)."
        )
    print(f"Installing {', '.join(packages)} through apt.", flush=True)
    quiet = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    subprocess.run([*quiet, "update"], check=True)
    with _nothing_started(root):
        subprocess.run(
            [*quiet, "install", "--yes", "--no-install-recommends", *packages], check=True
        )


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; None when there is no way without asking."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if (
        shutil.which("sudo")
        and subprocess.run([*sudo, "true"], capture_output=True).returncode == 0
    ):
        return sudo
    return None


@contextmanager
def _nothing_started(root: list[str]) -> Iterator[None]:
    if START_POLICY.exists():
        yield
        return
    subprocess.run(
        [*root, "tee", str(START_POLICY)],
        input=START_NOTHING.encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    subprocess.run([*root, "chmod", "755", str(START_POLICY)], check=True)
    try:
        yield
    finally:
        subprocess.run([*root, "rm", "-f", str(START_POLICY)], check=True)
