"""A setting that a deployment may choose is explained, and reaches its container."""

import re
from pathlib import Path

import pytest

from services.api.settings import ApiSettings
from services.scheduler.settings import Settings as SchedulerSettings
from services.sender.settings import Settings as SenderSettings
from services.stats.settings import Settings as StatsSettings
from shared.runtime.settings import ServiceSettings

ROOT = Path(__file__).resolve().parents[3]
EXPLAINED = set(re.findall(r"^#([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, type[ServiceSettings]] = {
    "api": ApiSettings,
    "scheduler": SchedulerSettings,
    "sender": SenderSettings,
    "stats": StatsSettings,
}


def container(service: str) -> dict[str, str]:
    """What is passed on to it by name; without a value it comes from whoever starts it."""
    block = re.search(rf"^x-env-{service}:.*\n((?:  .*\n)+)", COMPOSE, re.MULTILINE)
    assert block is not None
    pairs = (line.strip().partition(":") for line in block[1].splitlines())
    return {name: value.strip() for name, _, value in pairs}


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_container_is_passed_on_is_explained_and_read(service: str) -> None:
    passed = {name for name, value in container(service).items() if not value}
    assert passed - EXPLAINED == set()
    own = {name for name in passed if name.startswith(f"{service.upper()}_")}
    fields = {f"{service.upper()}_{field.upper()}" for field in SERVICES[service].model_fields}
    assert own - fields == set()


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_explained_reaches_the_container(service: str) -> None:
    fields = {f"{service.upper()}_{field.upper()}" for field in SERVICES[service].model_fields}
    assert (fields & EXPLAINED) - SECRETS - container(service).keys() == set()


@pytest.mark.parametrize("service", SERVICES)
def test_how_long_data_is_kept_can_be_set_and_is_for_ever_otherwise(service: str) -> None:
    for name, field in SERVICES[service].model_fields.items():
        if name.startswith("retain_"):
            assert f"{service.upper()}_{name.upper()}" in EXPLAINED
            assert name.endswith("_days")
            assert field.default == 0


# Handed out by a step of their own (deploy/docker/hand_out.py).
SECRETS = {"API_ADMIN_PASSWORD", "API_JWT_SECRET", "SENDER_PROVIDER_TOKEN"}
