"""Where a run answers, for people and for scripts."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.variables import DEFAULT_ADMIN, DEFAULT_API_PORT


@dataclass(frozen=True)
class Addresses:
    """URLs and the first admin's login; `simulator` is None when there is a real provider."""

    api: str
    simulator: str | None
    provider: str
    email: str
    password: str

    @classmethod
    def of(cls, variables: Mapping[str, str], simulator_port: int) -> "Addresses":
        """`simulator_port` is where the simulator answers, if it is the provider."""
        simulator = f"http://127.0.0.1:{variables.get('SIMULATOR_PORT', simulator_port)}"
        provider = variables.get("SENDER_PROVIDER_URL")
        return cls(
            api=f"http://127.0.0.1:{variables.get('API_PORT', DEFAULT_API_PORT)}",
            simulator=None if provider else simulator,
            provider=provider or f"the simulator at {simulator} (SENDER_PROVIDER_URL is not set)",
            email=variables.get("API_ADMIN_EMAIL", DEFAULT_ADMIN),
            password=variables["API_ADMIN_PASSWORD"],
        )

    def tell(self, *more: str) -> None:
        """Print them, followed by `more` lines."""
        lines = [
            "Carillon is running.",
            f"  API         {self.api}/api/v1 (Swagger UI: {self.api}/docs)",
            f"  First admin {self.email}",
            f"  Password    {self.password}",
            f"  Provider    {self.provider}",
            *(f"  {line}" for line in more),
        ]
        print("\n".join(lines), flush=True)

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
