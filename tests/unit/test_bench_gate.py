"""The gate lets pass what costs as much as it did, and stops what costs more."""

import pytest

from tests.bench import gate
from tests.bench.calibration import a_round, cost_of_a_round


def measuring(monkeypatch: pytest.MonkeyPatch, *ratios: float) -> list[float]:
    left = list(ratios)
    monkeypatch.setattr(gate, "measured", lambda: left.pop(0))
    return left


def test_a_quarter_more_is_within_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    left = measuring(monkeypatch, 1.25, 99)
    assert gate.passes(1.0)
    assert left == [99]


def test_one_good_run_is_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring(monkeypatch, 9, 1.26, 1.2)
    assert gate.passes(1.0)


def test_dearer_each_time_is_no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring(monkeypatch, 1.26, 1.27, 1.28)
    assert not gate.passes(1.0)


def test_a_round_always_does_the_same() -> None:
    assert a_round() == 41985
    assert cost_of_a_round(0.05) > 100
