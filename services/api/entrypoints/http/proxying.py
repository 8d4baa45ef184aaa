"""Being behind a reverse proxy: shown under a path, whether it strips that path or not; and asked
by callers whose address only the proxy sees.

The server (uvicorn) puts the address of X-Forwarded-For in place of the proxy's own, if the proxy
is one of FORWARDED_ALLOW_IPS. From anybody else the header counts for nothing.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send


class ShownUnder:
    """Tells the application that callers see it under ``root_path``, as ASGI wants it told."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = dict(scope) | {"root_path": self._root_path, "path": self._whole(scope["path"])}
        await self._app(scope, receive, send)

    def _whole(self, path: str) -> str:
        return path if path.startswith(f"{self._root_path}/") else self._root_path + path


def client_address(connection: HTTPConnection) -> str:
    """Empty when there is none, as on a socket of Unix."""
    return connection.client.host if connection.client is not None else ""
