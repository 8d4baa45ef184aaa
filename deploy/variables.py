"""Where a setting comes from: the environment, then `.env`, then the secrets made at random."""

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from deploy.secret_values import ensure_secrets

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_API_PORT = 8000
DEFAULT_ADMIN = "admin@example.com"


def read_variables(root: Path, home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Every setting of a run, with the secrets that nobody gave."""
    return ensure_secrets(home / "secrets.env") | given_variables(root, environment)


def given_variables(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What a person has set. An empty value in the environment takes back that of `.env`."""
    merged = _read_dotenv(root / ".env") | dict(environment)
    return {name: value for name, value in merged.items() if value}


def _read_dotenv(file: Path) -> dict[str, str]:
    values = dotenv_values(file, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}
