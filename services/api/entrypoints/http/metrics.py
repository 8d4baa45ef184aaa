"""How many requests, how long they take: by route, never by path, which names clients."""

import time

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter(
    "carillon_api_requests_total", "Requests answered", ["method", "route", "status"]
)
SECONDS = Histogram(
    "carillon_api_request_seconds",
    "Time until an answer was complete",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class Measured:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 500  # of a request that ends without an answer

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = _template(scope)
            REQUESTS.labels(method=method, route=route, status=status).inc()
            SECONDS.labels(method=method, route=route).observe(time.monotonic() - started)


def _template(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "none")
