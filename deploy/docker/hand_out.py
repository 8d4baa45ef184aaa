"""Gives each container its own secrets, and nobody else's.

A one-shot step before everything else. The secrets are made at random on the first run and kept
in a volume that only this step mounts (/store). Each container has a volume of its own
(/out/<container>), which it mounts read-only at /run/carillon. So a fresh clone starts without
any secret in a file of the project, and the sender cannot read the api's.

    hand_out.py                 write every container's secrets
    hand_out.py show NAME       print one secret, for a person

A secret given in the environment wins over the kept one, but for the two that the servers have
written into their own data on their first start.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from deploy.secret_values import SERVICES, ensure_secrets

STORE = Path("/store/secrets.env")
OUT = Path("/out")
BOUND_TO_DATA = ("POSTGRES_PASSWORD", "RABBITMQ_ADMIN_PASSWORD")

# What a service needs beside its database, the broker and the token between services.
OWN = {
    "api": ("API_JWT_SECRET", "API_ADMIN_PASSWORD"),
    "sender": ("SENDER_PROVIDER_TOKEN",),
}


def secrets_in_force(store: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Kept secrets, replaced by those that were given."""
    first_run = not store.exists()
    if first_run:
        store.parent.mkdir(parents=True, exist_ok=True)
        given = [name for name in BOUND_TO_DATA if environment.get(name)]
        store.touch(mode=0o600)
        store.write_text("".join(f"{name}={environment[name]}\n" for name in given))
    kept = ensure_secrets(store)
    return {
        name: value if name in BOUND_TO_DATA else environment.get(name) or value
        for name, value in kept.items()
    }


def files(secrets: Mapping[str, str]) -> dict[str, str]:
    """The content of every file to write, by `<container>/<file>`."""
    rabbitmq_url = f"amqp://carillon:{quote(secrets['RABBITMQ_PASSWORD'], safe='')}@rabbitmq:5672"
    broker = {"RABBITMQ_URL": f"{rabbitmq_url}/carillon"}
    admin = quote(secrets["RABBITMQ_ADMIN_PASSWORD"], safe="")
    management = {"RABBITMQ_MANAGEMENT_URL": f"http://admin:{admin}@rabbitmq:15672"}
    passwords = {
        f"{service.upper()}_DATABASE_PASSWORD": secrets[f"{service.upper()}_DATABASE_PASSWORD"]
        for service in SERVICES
    }
    return {
        "postgres/password": secrets["POSTGRES_PASSWORD"],
        "databases/env": _env({"PGPASSWORD": secrets["POSTGRES_PASSWORD"], **passwords}),
        "rabbitmq/20-admin.conf": _rabbitmq_conf(secrets["RABBITMQ_ADMIN_PASSWORD"]),
        "topology/env": _env(broker | management),
        "simulator/env": _env({"SIMULATOR_TOKEN": secrets["SENDER_PROVIDER_TOKEN"]}),
        **{f"{service}/env": _env(broker | _service(service, secrets)) for service in SERVICES},
    }


def _service(service: str, secrets: Mapping[str, str]) -> dict[str, str]:
    prefix, role = service.upper(), f"carillon_{service}"
    password = quote(secrets[f"{prefix}_DATABASE_PASSWORD"], safe="")
    return {
        f"{prefix}_DATABASE_URL": f"postgresql+asyncpg://{role}:{password}@postgres:5432/{role}",
        "SERVICE_TOKEN": secrets["SERVICE_TOKEN"],
        **{name: secrets[name] for name in OWN.get(service, ())},
    }


def _env(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def _rabbitmq_conf(password: str) -> str:
    return f"default_user = admin\ndefault_pass = {password}\nloopback_users.admin = false\n"


def main() -> None:
    secrets = secrets_in_force(STORE, os.environ)
    if sys.argv[1:2] == ["show"]:
        print(secrets[sys.argv[2]])
        return
    for name, content in files(secrets).items():
        file = OUT / name
        file.write_text(content)
        # Readable for the container's own user; nobody else has the volume.
        file.chmod(0o444)


if __name__ == "__main__":
    main()
