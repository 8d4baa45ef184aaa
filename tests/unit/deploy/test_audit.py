"""What an audit says: what was found, and what nobody could look up."""

import pytest

from deploy.audit import PINNED, Findings, Package, findings, pinned, report, status

SAFE = {"name": "safe", "version": "1.0", "vulns": []}
HOLED = {
    "name": "holed",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}, {"id": "CVE-1"}],
}
SKIPPED = {
    "name": "strange",
    "skip_reason": "Dependency not found on PyPI and could not be audited: strange (3.0)",
}


def test_each_package_is_told_of_once() -> None:
    found = findings([SAFE, HOLED, SKIPPED, SAFE, SKIPPED])
    assert found.audited == {Package("safe", "1.0"), Package("holed", "2.0")}
    assert found.vulnerable == {
        Package("holed", "2.0"): ["PYSEC-2026-1 (fixed in: 2.1)", "CVE-1 (fixed in: none)"]
    }
    assert list(found.unaudited) == [Package("strange", "3.0")]


def test_what_could_not_be_audited_is_said_and_listed() -> None:
    told = report(findings([SKIPPED]))
    assert "Audited 0 packages." in told
    assert "NOT AUDITED" in told
    assert "  strange==3.0" in told
    assert "none is known to be vulnerable" not in told


def test_what_is_vulnerable_is_named() -> None:
    assert "VULNERABLE holed==2.0: PYSEC-2026-1" in report(findings([SAFE, HOLED]))


@pytest.mark.parametrize(
    ("found", "normal", "strict"),
    [
        (findings([SAFE]), 0, 0),
        (findings([SAFE, SKIPPED]), 0, 1),
        (findings([HOLED]), 1, 1),
    ],
)
def test_what_fails(found: Findings, normal: int, strict: int) -> None:
    assert (status(found, strict=False), status(found, strict=True)) == (normal, strict)


def test_every_package_we_run_on_is_pinned_with_hashes() -> None:
    assert len(PINNED) >= 6
    for file in PINNED:
        text = file.read_text()
        packages = pinned(text)
        assert packages
        assert all(package.version for package in packages)
        assert text.count("--hash=sha256:") >= len(packages)
