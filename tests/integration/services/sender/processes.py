"""Senders as processes of their own."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.integration.services.sender.world import TOKEN, World

CONCURRENCY = 20


def environment(world: World) -> dict[str, str]:
    settings = world.settings
    return dict(os.environ) | {
        "RABBITMQ_URL": settings.rabbitmq_url.get_secret_value(),
        "SERVICE_TOKEN": "t" * 16,
        "SENDER_DATABASE_URL": settings.database_url.get_secret_value(),
        "SENDER_PROVIDER_URL": str(settings.provider_url),
        "SENDER_PROVIDER_TOKEN": TOKEN,
        "SENDER_RETRY_TIERS": ",".join(map(str, settings.retry_tiers)),
        "SENDER_CALL_TIMEOUT": "1",
        "SENDER_LEASE_MARGIN": "1",
        "SENDER_CONCURRENCY": str(CONCURRENCY),
        "LOG_LEVEL": "WARNING",
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@asynccontextmanager
async def process(world: World, port: int | None = None, **changes: str) -> AsyncIterator[Process]:
    """``changes``: of its environment."""
    settings = environment(world) | {"SENDER_PORT": str(port or free_port())} | changes
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.sender", env=settings
    )
    try:
        yield sender
    finally:
        if sender.returncode is None:
            sender.send_signal(signal.SIGTERM)
            await asyncio.wait_for(sender.wait(), 15)
