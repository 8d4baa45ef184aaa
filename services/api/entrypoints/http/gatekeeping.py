"""What every request passes before it reaches a route: the size of its body, and who asks.

Everything under the API's prefix is closed unless it is named here, so a new route cannot be left
open by forgetting. Nothing is read of the body of a request that is turned away.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from http import HTTPStatus

from fastapi.exceptions import HTTPException
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.domain.callers import Caller
from services.api.domain.failures import TooLarge, Unauthorized
from services.api.entrypoints.http.common import ports_of
from services.api.entrypoints.http.problems import of_error, of_failure
from services.api.entrypoints.http.proxying import client_address
from services.api.ports import Ports
from shared.runtime.logs import REQUEST_ID

LARGEST_BODY = 1 << 20  # bytes; what is not an import is a few fields
_SCHEME = "bearer"

Recognise = Callable[[Ports, str, str], Awaitable[Caller]]


class Closed:
    """Lets requests under ``prefix`` pass with a valid token only, but for ``open_paths`` and all
    that begins as one of ``open_under``.

    ``recognise`` takes the application's ports, the token and the address it comes from, and gives
    the caller, whom routes find as ``request.state.caller``, or raises Unauthorized.
    """

    def __init__(
        self,
        app: ASGIApp,
        prefix: str,
        open_paths: Collection[str],
        open_under: tuple[str, ...],
        recognise: Recognise,
    ) -> None:
        self._app = app
        self._prefix = prefix
        self._open_paths = open_paths
        self._open_under = open_under
        self._recognise = recognise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_closed(path_of(scope)):
            try:
                token = bearer_token(Headers(scope=scope))
                address = client_address(HTTPConnection(scope))
                caller = await self._recognise(ports_of(scope), token, address)
            except Exception as error:  # noqa: BLE001 - told as any error of a route is
                await of_error(error)(scope, receive, send)
                return
            traced = replace(caller, request_id=REQUEST_ID.get())
            scope.setdefault("state", {})["caller"] = traced
        await self._app(scope, receive, send)

    def _is_closed(self, path: str) -> bool:
        is_open = path in self._open_paths or path.startswith(self._open_under)
        return path.startswith(self._prefix) and not is_open


class BodyLimit:
    """Answers 413 to a body larger than LARGEST_BODY, but for paths that count for themselves."""

    def __init__(self, app: ASGIApp, unlimited_paths: Collection[str]) -> None:
        self._app = app
        self._unlimited_paths = unlimited_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) in self._unlimited_paths:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > LARGEST_BODY:
            await of_failure(_too_large())(scope, receive, send)
            return
        await self._app(scope, _counting(receive), send)


def bearer_token(headers: Headers) -> str:
    """Raises Unauthorized when there is none."""
    given = headers.get("authorization")
    if given is None:
        raise Unauthorized("No access token was given.")
    scheme, _, token = given.partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        reason = "The header must be: Authorization: Bearer <access token>."
        raise Unauthorized(reason, challenge='error="invalid_request"')
    return token.strip()


def path_of(scope: Scope) -> str:
    """The path without what a reverse proxy puts in front of it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _counting(receive: Receive) -> Receive:
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            # Of all errors, FastAPI lets only its own through while it reads a body.
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large().detail[:-1])
        return message

    return counted


def _too_large() -> TooLarge:
    return TooLarge(f"A request body has at most {LARGEST_BODY} bytes.")
