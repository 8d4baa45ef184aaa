"""The secrets of a run, made at random where nobody gave them.

Only the standard library is used: this also runs before anything is installed.

    python3 deploy/secret_values.py FILE     adds to FILE what it lacks
"""

import base64
import os
import secrets
import sys
from pathlib import Path

SERVICES = ("api", "scheduler", "sender", "stats")

SECRETS = (
    "POSTGRES_PASSWORD",
    "RABBITMQ_ADMIN_PASSWORD",
    "RABBITMQ_PASSWORD",
    *(f"{service.upper()}_DATABASE_PASSWORD" for service in SERVICES),
    "SERVICE_TOKEN",
    "API_JWT_SECRET",
    "API_ADMIN_PASSWORD",
    "SENDER_PROVIDER_TOKEN",
    "SIMULATOR_RECEIPTS_SECRET",
)


def ensure_secrets(file: Path) -> dict[str, str]:
    """The secrets in `file`, after adding what is missing. Only its owner can read it."""
    known = read_secrets(file)
    missing = {name: secrets.token_urlsafe(24) for name in SECRETS if not known.get(name)}
    if missing:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as kept:
            kept.writelines(f"{name}={value}\n" for name, value in missing.items())
    return known | missing


def signing_secret(secret: str) -> str:
    """As Standard Webhooks writes one."""
    return f"whsec_{base64.b64encode(secret.encode()).decode()}"


def read_secrets(file: Path) -> dict[str, str]:
    """The secrets in `file`, none if there is no such file.

    The file is ours alone, so its lines are plain: no quotes, no comments.
    """
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text().splitlines())
    return {name: value for name, _, value in pairs if value}


if __name__ == "__main__":
    ensure_secrets(Path(sys.argv[1]))
