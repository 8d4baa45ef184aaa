"""What every answer tells browsers: whom to show it, what it may do, that it is not to be kept."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# An answer is data. Whoever gets a browser to show it as a page gets one that can do nothing.
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": _NOTHING,
    "Cache-Control": "no-store",
}
# Seconds for which a browser need not ask again whether an origin may call.
_CORS_KEPT = 600
# Beside what any page may send and read.
_MAY_BE_SENT = (
    *("Authorization", "Content-Type", "Content-Encoding"),
    *("Idempotency-Key", "If-Match", "If-None-Match", "Prefer", "X-Request-ID"),
)
_MAY_BE_READ = (
    *("Location", "Retry-After", "ETag"),
    *("Preference-Applied", "Idempotent-Replayed", "X-Request-ID", "Content-Disposition"),
    "Content-Language",
)


class Headed:
    """Puts the headers on every answer that has none of its own of that name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, headed)


def page_policy(scripts: Iterable[bytes]) -> str:
    """For a page of ours: ``scripts`` are those that stand in it, to the byte."""
    hashes = " ".join(f"'sha256-{b64encode(sha256(one).digest()).decode()}'" for one in scripts)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def cors(origins: Sequence[str]) -> list[Middleware]:
    """Closed unless origins are named. There are no cookies, so none are allowed."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=_MAY_BE_SENT,
            expose_headers=_MAY_BE_READ,
            max_age=_CORS_KEPT,
        )
    ]
