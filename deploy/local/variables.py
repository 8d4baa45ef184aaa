"""Where a setting comes from: the environment, then `.env`, then the secrets made at random."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

SERVICES = ("api", "scheduler", "sender", "stats")

# Made at random for a local run and kept, because the servers' data depends on them.
SECRETS = (
    "POSTGRES_PASSWORD",
    "RABBITMQ_ADMIN_PASSWORD",
    "RABBITMQ_PASSWORD",
    *(f"{service.upper()}_DATABASE_PASSWORD" for service in SERVICES),
    "SERVICE_TOKEN",
    "API_JWT_SECRET",
    "API_ADMIN_PASSWORD",
    "SENDER_PROVIDER_TOKEN",
)


def read_variables(root: Path, home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Every setting of a run. An empty value takes back what an earlier source gave."""
    sources = (ensure_secrets(home / "secrets.env"), read_file(root / ".env"), environment)
    merged = {name: value for source in sources for name, value in source.items()}
    return {name: value for name, value in merged.items() if value}


def read_file(file: Path) -> dict[str, str]:
    """A file of `NAME=value` lines; nothing if there is no such file."""
    values = dotenv_values(file, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}


def ensure_secrets(file: Path) -> dict[str, str]:
    """The secrets in `file`, after adding what is missing. Only its owner can read it."""
    known = read_file(file)
    missing = {name: secrets.token_urlsafe(24) for name in SECRETS if not known.get(name)}
    if missing:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as kept:
            kept.writelines(f"{name}={value}\n" for name, value in missing.items())
    return known | missing
