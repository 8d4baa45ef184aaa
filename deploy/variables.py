"""Where a setting comes from: the environment, then `.env`, then the secrets made at random."""

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from deploy.secret_values import ensure_secrets

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_API_PORT = 8000
DEFAULT_ADMIN = "admin@example.com"


def read_variables(root: Path, home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Every setting of a run. An empty value takes back what an earlier source gave."""
    sources = (ensure_secrets(home / "secrets.env"), _read_dotenv(root / ".env"), environment)
    merged = {name: value for source in sources for name, value in source.items()}
    return {name: value for name, value in merged.items() if value}


def _read_dotenv(file: Path) -> dict[str, str]:
    values = dotenv_values(file, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}
