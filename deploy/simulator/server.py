"""The simulator as a server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from deploy.simulator.control import Control
from deploy.simulator.provider import SEND, Provider


@asynccontextmanager
async def running(provider: Provider, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port, which was chosen if `port` is 0."""
    control = Control(provider)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST" and request.path.startswith(SEND):
            return await provider.send(request)
        return await control.handle(request)

    # A caller that hangs up ends its handler; else every hung call would stay for ever.
    server = web.Server(handle, access_log=None, handler_cancellation=True)
    runner = web.ServerRunner(server, shutdown_timeout=1.0)
    await runner.setup()
    try:
        # A deep backlog: a thousand connections may come at once.
        site = web.TCPSite(runner, host, port, backlog=2048)
        await site.start()
        async with _bringing(provider):
            yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _bringing(provider: Provider) -> AsyncIterator[None]:
    if provider.receipts is None:
        yield
        return
    bringing = asyncio.create_task(provider.receipts.run())
    try:
        yield
    finally:
        bringing.cancel()
        await asyncio.gather(bringing, return_exceptions=True)
