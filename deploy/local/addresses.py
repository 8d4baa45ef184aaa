"""Where a run answers, for people and for scripts."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.plan import DEFAULT_ADMIN, DEFAULT_API_PORT
from deploy.local.ports import LOOPBACK


@dataclass(frozen=True)
class Addresses:
    """URLs and the first admin's login; `simulator` is None when there is a real provider."""

    api: str
    rabbitmq: str
    simulator: str | None
    email: str
    password: str

    @classmethod
    def of(cls, variables: Mapping[str, str], ports: Mapping[str, int]) -> "Addresses":
        simulated = "SENDER_PROVIDER_URL" not in variables
        simulator = variables.get("SIMULATOR_PORT") or ports.get("simulator")
        return cls(
            api=f"http://{LOOPBACK}:{variables.get('API_PORT', DEFAULT_API_PORT)}",
            rabbitmq=f"http://{LOOPBACK}:{ports['management']}",
            simulator=f"http://{LOOPBACK}:{simulator}" if simulated else None,
            email=variables.get("API_ADMIN_EMAIL", DEFAULT_ADMIN),
            password=variables["API_ADMIN_PASSWORD"],
        )

    def write(self, file: Path) -> None:
        """Write them as shell variables; only the owner can read the file."""
        values = {
            "CARILLON_API_URL": self.api,
            "CARILLON_SIMULATOR_URL": self.simulator or "",
            "API_ADMIN_EMAIL": self.email,
            "API_ADMIN_PASSWORD": self.password,
        }
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.writelines(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
