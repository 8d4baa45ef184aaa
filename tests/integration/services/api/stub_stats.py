"""A stats service over HTTP that answers what a test puts in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.integration.services.api.conftest import SERVICE_TOKEN


class StubStats:
    """``answers``: by path; anything else is 404. ``delay``: seconds before each answer."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.delay = 0.0
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.delay)
        if request.headers.get("Authorization") != f"Bearer {SERVICE_TOKEN}":
            return web.json_response({}, status=401)
        found = self.answers.get(request.path)
        return web.json_response(found or {}, status=404 if found is None else 200)


@asynccontextmanager
async def stub_stats() -> AsyncIterator[StubStats]:
    stub = StubStats()
    app = web.Application()
    app.router.add_get("/{path:.*}", stub.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        stub.url = f"http://{host}:{port}"
        yield stub
    finally:
        await runner.cleanup()
