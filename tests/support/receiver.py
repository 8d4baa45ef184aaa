"""A receiver of webhooks on this machine, which answers as a test says."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Came:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = json.loads(self.body)["data"]["events"]
        return told


@dataclass
class Receiver:
    """``status``, ``says``, ``headers``: its answer; ``delay``: seconds until then; ``drops``: it
    hangs up instead; ``refuses``: bodies with this in them. ``most``: requests at the same time."""

    status: int = 200
    delay: float = 0.0
    drops: bool = False
    refuses: bytes = b""
    says: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    came: list[Came] = field(default_factory=list)
    most: int = 0
    url: str = ""
    _now: int = 0

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.came.append(Came(request.path_qs, headers, body))
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self._now -= 1
        if self.drops and request.transport is not None:
            request.transport.close()
        if self.refuses and self.refuses in body:
            return web.Response(status=400)
        return web.Response(status=self.status, headers=self.headers, body=self.says)

    def types(self) -> list[str]:
        return [event["type"] for one in self.came for event in one.events]


@asynccontextmanager
async def receiving(
    host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        at, port = runner.addresses[0][:2]
        receiver.url = f"http{'s' if tls else ''}://{at}:{port}/hook"
        yield receiver
    finally:
        await runner.cleanup()
