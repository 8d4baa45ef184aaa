"""Looks the pinned packages up among the known vulnerabilities: ``python -m deploy.audit``.

An audit that could not be made is not one that found nothing. What pip-audit could not look up,
for want of the data or of a connection, is listed with its version, and ``--strict`` makes it a
failure.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.variables import ROOT

PINNED = sorted((ROOT / "requirements").glob("*.txt"))
# Per file; it asks about some hundred packages, one by one.
PATIENCE = 300.0


@dataclass(frozen=True, order=True, slots=True)
class Package:
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class Findings:
    """``unaudited``: nobody could say anything of these; the value says why."""

    audited: frozenset[Package]
    vulnerable: Mapping[Package, Sequence[str]]
    unaudited: Mapping[Package, str]


def findings(dependencies: Iterable[Mapping[str, Any]]) -> Findings:
    """Of pip-audit's list; a package stands in several of our files."""
    audited: set[Package] = set()
    vulnerable: dict[Package, Sequence[str]] = {}
    unaudited: dict[Package, str] = {}
    for each in dependencies:
        if "skip_reason" in each:
            unaudited[_skipped(each)] = str(each["skip_reason"])
            continue
        package = Package(each["name"], each["version"])
        audited.add(package)
        if each["vulns"]:
            vulnerable[package] = [_vulnerability(found) for found in each["vulns"]]
    return Findings(frozenset(audited), vulnerable, unaudited)


def _skipped(dependency: Mapping[str, Any]) -> Package:
    """pip-audit names the version of what it skipped in the reason alone."""
    _, _, version = str(dependency["skip_reason"]).rpartition("(")
    return Package(dependency["name"], dependency.get("version") or version.rstrip(")"))


def _vulnerability(found: Mapping[str, Any]) -> str:
    fixed = ", ".join(found.get("fix_versions", ())) or "none"
    return f"{found['id']} (fixed in: {fixed})"


def pinned(text: str) -> list[Package]:
    """The packages of a requirements file, which pins each with ``==``."""
    lines = (line.partition(" ")[0] for line in text.splitlines() if line[:1].isalnum())
    return [Package(name, version) for name, _, version in (line.partition("==") for line in lines)]


def report(found: Findings) -> str:
    lines = [f"Audited {len(found.audited)} packages."]
    for package, vulnerabilities in sorted(found.vulnerable.items()):
        lines.append(f"VULNERABLE {package}: {'; '.join(vulnerabilities)}")
    if not found.vulnerable and found.audited:
        lines.append("Of these none is known to be vulnerable.")
    if found.unaudited:
        lines.append(f"NOT AUDITED, since nothing could be learnt of them: {len(found.unaudited)}.")
        lines.append("They are pinned, with hashes, at these versions:")
        lines += [f"  {package}" for package in sorted(found.unaudited)]
        lines.append(f"The reason given for the first: {next(iter(found.unaudited.values()))}")
    return "\n".join(lines)


def status(found: Findings, *, strict: bool) -> int:
    return 1 if found.vulnerable or (strict and found.unaudited) else 0


def audit(files: Sequence[Path]) -> Findings:
    dependencies = [dependency for file in files for dependency in _audited(file)]
    return findings(dependencies)


def _audited(file: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(file), "--require-hashes"]
    command += ["--disable-pip", "--progress-spinner", "off", "--format", "json"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        answer: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    except (json.JSONDecodeError, subprocess.TimeoutExpired) as error:
        reason = f"pip-audit gave no answer for {file.name}: {type(error).__name__}"
        return [
            {"name": package.name, "version": package.version, "skip_reason": reason}
            for package in pinned(file.read_text())
        ]
    return answer["dependencies"]


def main(arguments: Sequence[str]) -> int:
    found = audit(PINNED)
    print(report(found))
    return status(found, strict="--strict" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
