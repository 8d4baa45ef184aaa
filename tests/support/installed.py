"""The package as whoever installs it gets it: built from this tree, with nothing else of it."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Command:
    """The command ``carillon`` as a program, with an environment of its own."""

    program: Path
    environment: Mapping[str, str]

    def __call__(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *words],
            input=given,
            env=self.environment,
            cwd=self.program.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def install(folder: Path, url: str) -> Command:
    """Needs no network: what the package needs is there already."""
    _run("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheels"))
    [wheel] = (folder / "wheels").glob("*.whl")
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    _run(*pip, "--no-deps", "--no-index", "--no-compile", "--prefix", str(folder), str(wheel))
    base = {"base": str(folder), "platbase": str(folder)}
    environment = {
        **os.environ,
        "PYTHONPATH": sysconfig.get_path("purelib", vars=base),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "CARILLON_URL": url,
    }
    return Command(Path(sysconfig.get_path("scripts", vars=base)) / "carillon", environment)


def _run(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
