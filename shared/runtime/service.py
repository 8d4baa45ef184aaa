"""Runs a service: one process, one event loop, an HTTP server for its routes and its health."""

import gc
import sys
from collections.abc import Callable, Mapping

import uvicorn
from starlette.types import ASGIApp

from shared.runtime.logs import configure_logs
from shared.runtime.settings import ServiceSettings


def serve(app: ASGIApp, settings: ServiceSettings, *, graceful: int = 15) -> None:
    """Serves until SIGTERM, then gives requests and the app's lifespan ``graceful`` seconds."""
    _spare_the_collector()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # request lines carry phone numbers; metrics count requests
        proxy_headers=True,
        server_header=False,  # what we are made of helps only those who look for a way in
        timeout_graceful_shutdown=graceful,
        lifespan="on",
    )


def main(
    service: str,
    read_settings: Callable[[], ServiceSettings],
    make_app: Callable[[], ASGIApp],
    commands: Mapping[str, Callable[[], None]] | None = None,
) -> None:
    """``python -m services.<name>`` serves; ``… migrate [up|pre|down]`` migrates its database.

    ``commands``: what else this service can be asked to do, by name.
    """
    settings = read_settings()
    configure_logs(settings.log_level)
    match sys.argv[1:]:
        case []:
            serve(make_app(), settings)
        case ["migrate", *direction]:
            # Alembic takes 9 MB, and a process that serves has no use for it.
            from shared.runtime.migrate import migrate

            migrate(service, settings.database_url.get_secret_value(), *direction[:1])
        case [name] if commands and name in commands:
            commands[name]()
        case _:
            choices = " | ".join(["migrate [up|pre|down]", *(commands or ())])
            raise SystemExit(f"Usage: python -m services.{service} [{choices}]")


def _spare_the_collector() -> None:
    """What is loaded by now lives as long as the process, so looking through it for garbage is in
    vain: it cost the sender 15 µs a message. And batches hold thousands of living objects, so
    young ones are looked through when there are many more than the usual 700 of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
