"""Hears in which language the caller wants to be told."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.entrypoints.http.languages.speaking import LANGUAGE, preferred


class Listening:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = ",".join(Headers(scope=scope).getlist("accept-language"))
        before = LANGUAGE.set(preferred(asked))
        try:
            await self._app(scope, receive, send)
        finally:
            LANGUAGE.reset(before)
