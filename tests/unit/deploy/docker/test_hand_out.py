"""Who gets which secret."""

import shlex
from pathlib import Path

from deploy.docker.hand_out import files, secrets_in_force
from deploy.secret_values import SECRETS, SERVICES

DISTINCT = {name: f"value of {name}'s own" for name in SECRETS}


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    store = tmp_path / "store" / "secrets.env"

    first = secrets_in_force(store, {})

    assert set(first) == set(SECRETS)
    assert secrets_in_force(store, {}) == first
    assert store.stat().st_mode & 0o777 == 0o600


def test_a_given_secret_wins_but_not_over_what_a_server_has_written(tmp_path: Path) -> None:
    store = tmp_path / "secrets.env"
    secrets_in_force(store, {"POSTGRES_PASSWORD": "first"})

    later = secrets_in_force(store, {"POSTGRES_PASSWORD": "second", "API_JWT_SECRET": "given"})

    assert later["POSTGRES_PASSWORD"] == "first"
    assert later["API_JWT_SECRET"] == "given"


def test_no_service_gets_the_secret_of_another() -> None:
    handed = files(DISTINCT)

    for service in SERVICES:
        names = {line.partition("=")[0] for line in handed[f"{service}/env"].splitlines()}
        foreign = tuple(f"{other.upper()}_" for other in SERVICES if other != service)
        assert not [name for name in names if name.startswith((*foreign, "POSTGRES", "PG"))]
        assert "RABBITMQ_MANAGEMENT_URL" not in names
        assert f"{service.upper()}_DATABASE_URL" in names


def test_awkward_characters_survive_the_shell() -> None:
    handed = files(DISTINCT)["api/env"]

    values = dict(line.partition("=")[::2] for line in handed.splitlines())

    assert shlex.split(values["API_JWT_SECRET"]) == ["value of API_JWT_SECRET's own"]
