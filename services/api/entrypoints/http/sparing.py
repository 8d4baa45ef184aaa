"""What need not be told: what the caller has already, and what they would rather not have.

``If-None-Match`` (RFC 9110) of a GET that would tell the same again: 304, without the body.
``Prefer: return=minimal`` (RFC 7240) of a write that went well: no body, with every header.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.domain.versions import is_known
from services.api.entrypoints.http.once import is_secret
from services.api.entrypoints.http.permissions import is_write, needs_of

MINIMAL, REPRESENTATION = "return=minimal", "return=representation"
_OF_A_BODY = ("content-length", "content-type", "content-encoding")


class Sparing:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        spared = False

        async def sparing(message: Message) -> None:
            nonlocal spared
            if message["type"] == "http.response.start":
                spared = _spare(scope, message)
            elif spared:
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, sparing)


def preference(header: str) -> str | None:
    """How much the caller prefers to be told; of two that contradict each other, the first."""
    for part in header.split(","):
        token = part.partition(";")[0]
        name, _, value = token.partition("=")
        wish = f"{name.strip().lower()}={value.strip().strip(chr(34))}"
        if wish in (MINIMAL, REPRESENTATION):
            return wish
    return None


def _spare(scope: Scope, start: Message) -> bool:
    """Whether the answer goes without its body; what it begins with says so then."""
    asked, headers = Headers(scope=scope), MutableHeaders(scope=start)
    if scope["method"] in ("GET", "HEAD"):
        return _is_the_same(asked, headers, start)
    wish = preference(",".join(asked.getlist("prefer")))
    if wish is None or start["status"] not in (200, 201, 202):
        return False
    if is_secret(scope) or not is_write(needs_of(scope.get("route"))):
        return False
    headers["Preference-Applied"] = wish
    if wish == REPRESENTATION:
        return False
    if start["status"] == 200:
        start["status"] = 204
    _bodiless(headers)
    if start["status"] != 204:
        headers["Content-Length"] = "0"
    return True


def _is_the_same(asked: Headers, headers: MutableHeaders, start: Message) -> bool:
    known, tag = ",".join(asked.getlist("if-none-match")), headers.get("etag")
    if start["status"] != 200 or tag is None or not is_known(known, tag):
        return False
    start["status"] = 304
    _bodiless(headers)
    return True


def _bodiless(headers: MutableHeaders) -> None:
    for name in _OF_A_BODY:
        if name in headers:
            del headers[name]
