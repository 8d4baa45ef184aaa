"""Request ids: one thread from the caller to every line of ours about what they asked."""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime.logs import REQUEST_ID

HEADER = "X-Request-ID"
# What a log line and a header hold as it is, and no more of it than a line should have.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._~:+/=-]{1,128}")


class Traced:
    """Takes the caller's id, or makes one, and says it in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id_ = request_id_of(Headers(scope=scope).get(HEADER))

        async def traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = id_
            await send(message)

        before = REQUEST_ID.set(id_)
        try:
            await self._app(scope, receive, traced)
        finally:
            REQUEST_ID.reset(before)


def request_id_of(given: str | None) -> str:
    """What is not well-formed is passed over: no request fails for the name that it bears."""
    if given is not None and _WELL_FORMED.fullmatch(given):
        return given
    return uuid4().hex
