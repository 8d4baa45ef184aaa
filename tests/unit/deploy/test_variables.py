"""Where a setting comes from."""

from pathlib import Path

from deploy.addresses import Addresses
from deploy.secret_values import SECRETS
from deploy.variables import read_variables


def test_the_environment_wins_over_dotenv_wins_over_random(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("API_ADMIN_PASSWORD=from dotenv\nAPI_PORT=1\n# API_X=1\n")

    found = read_variables(tmp_path, tmp_path / "home", {"API_PORT": "2"})

    assert (found["API_ADMIN_PASSWORD"], found["API_PORT"]) == ("from dotenv", "2")
    assert len(found["SERVICE_TOKEN"]) >= 32
    assert set(SECRETS) <= set(found)


def test_an_empty_value_takes_back_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SENDER_PROVIDER_URL=https://provider.test\n")

    found = read_variables(tmp_path, tmp_path, {"SENDER_PROVIDER_URL": ""})

    assert "SENDER_PROVIDER_URL" not in found


def test_secrets_are_kept_and_private(tmp_path: Path) -> None:
    first = read_variables(tmp_path, tmp_path, {})

    assert read_variables(tmp_path, tmp_path, {}) == first
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_the_simulator_has_an_address_only_when_it_is_the_provider() -> None:
    common = {"API_ADMIN_PASSWORD": "x", "API_PORT": "8123"}
    real = {**common, "SENDER_PROVIDER_URL": "https://provider.test"}

    assert Addresses.of(common, 9000).simulator == "http://127.0.0.1:9000"
    assert Addresses.of(common, 9000).api == "http://127.0.0.1:8123"
    assert Addresses.of(real, 9000).simulator is None
    assert Addresses.of(real, 9000).provider == "https://provider.test"


def test_addresses_are_written_for_the_shell_and_private(tmp_path: Path) -> None:
    file = tmp_path / "addresses.env"

    Addresses.of({"API_ADMIN_PASSWORD": "it's"}, 9000).write(file)

    assert "API_ADMIN_PASSWORD='it'\"'\"'s'" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
