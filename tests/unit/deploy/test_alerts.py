"""Alerts are about metrics that there are, and each is explained to whoever is woken by it."""

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, CollectorRegistry

from services.stats.adapters.meters import PrometheusMeters

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
OPERATIONS = ROOT / "docs" / "operations.md"

# Where metrics are defined on the registry of their process.
LISTS = (
    "services.api.adapters.hook_log",
    "services.api.adapters.outbox_metrics",
    "services.api.adapters.parked",
    "services.api.entrypoints.http.metrics",
    "services.scheduler.metrics",
    "services.sender.handlers.metrics",
    "shared.runtime.metrics",
)
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def metrics() -> set[str]:
    for name in LISTS:
        import_module(name)
    stats = CollectorRegistry()
    PrometheusMeters(stats)
    return {
        metric.name + suffix
        for registry in (REGISTRY, stats)
        for metric in registry.collect()
        for suffix in SUFFIXES.get(metric.type, ())
    }


def rules() -> dict[str, str]:
    """By alert, what it says up to the next."""
    _, *found = re.split(r"^ +- alert: ", ALERTS.read_text(), flags=re.MULTILINE)
    return {rule.split("\n", 1)[0]: rule for rule in found}


def expression(rule: str) -> str:
    [found] = re.findall(r"^ +expr: (.+)$", rule, flags=re.MULTILINE)
    return str(found)


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:carillon|stats)_[a-z_]+", expression))


def test_a_name_that_does_not_exist_would_be_noticed() -> None:
    assert "carillon_scheduler_standing_still_seconds" in metrics()
    assert names_in("rate(carillon_no_such_thing_total[5m])") - metrics()


@pytest.mark.parametrize("alert", rules())
def test_an_alert_is_about_metrics_that_there_are(alert: str) -> None:
    named = names_in(expression(rules()[alert]))
    assert named
    assert named <= metrics()


@pytest.mark.parametrize("alert", rules())
def test_an_alert_says_how_bad_it_is_and_what_is_wrong(alert: str) -> None:
    rule = rules()[alert]
    assert re.search(r"labels: \{severity: (warning|critical)\}", rule)
    assert re.search(r'summary: "[A-Z].+"', rule)


def test_every_alert_is_explained_and_no_other() -> None:
    told = re.findall(r"^\| `(Carillon\w+)` \|", OPERATIONS.read_text(), flags=re.MULTILINE)
    assert sorted(told) == sorted(rules())


@pytest.mark.parametrize("what", ["unpublished_batches", "held_messages", "waves"])
def test_labels_are_those_that_are_told(what: str) -> None:
    watching = (ROOT / "services" / "scheduler" / "handlers" / "watching.py").read_text()
    assert f'"{what}"' in watching
    assert any(f'what="{what}"' in rule for rule in rules().values())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_accepts_the_rules() -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", str(ALERTS)], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
