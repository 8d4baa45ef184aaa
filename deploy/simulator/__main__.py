"""Run the simulator: `python -m deploy.simulator`."""

import asyncio
import signal
from pathlib import Path

import uvloop
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.simulator.provider import Provider
from deploy.simulator.receipts import Receipts
from deploy.simulator.server import running


class SimulatorSettings(BaseSettings):
    """Read from the environment, with the prefix SIMULATOR_."""

    model_config = SettingsConfigDict(env_prefix="SIMULATOR_")

    token: SecretStr
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    """0 takes a free port; it is printed."""
    port_file: Path | None = None
    """Where to write the port, for a program that started us with 0."""
    receipts_url: str | None = None
    """The gateway's endpoint for our receipts; without it nobody gets any."""
    receipts_secret: SecretStr | None = None
    receipts: bool = False
    """Whether they are brought before somebody says so (`PUT /control/faults`)."""


def receipts_of(settings: SimulatorSettings) -> Receipts | None:
    if settings.receipts_url is None or settings.receipts_secret is None:
        return None
    return Receipts(settings.receipts_url, settings.receipts_secret.get_secret_value())


async def serve(settings: SimulatorSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    provider = Provider(
        settings.token.get_secret_value(),
        receipts=receipts_of(settings),
        brings_receipts=settings.receipts,
    )
    async with running(provider, settings.host, settings.port) as port:
        print(f"The simulator listens on http://{settings.host}:{port}", flush=True)
        if settings.port_file is not None:
            settings.port_file.write_text(f"{port}\n")
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(serve(SimulatorSettings()))
