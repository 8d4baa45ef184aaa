"""Writes that bear an Idempotency-Key; ``domain.once`` says how that works."""

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.domain.callers import Caller
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.imports.uploads import Limit
from services.api.domain.once import (
    HEADER,
    HELD_FOR,
    LARGEST_ANSWER,
    Answer,
    Asked,
    Hold,
    about,
    key_of,
)
from services.api.entrypoints.http.common import ports_of
from services.api.entrypoints.http.gatekeeping import path_of
from services.api.entrypoints.http.problems import of_error
from services.api.handlers import once
from services.api.ports.holds import HOLD
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

REPLAYED = "Idempotent-Replayed"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# What of an answer belongs to the deed; the rest belongs to the request.
_KEPT_HEADERS = (
    *("content-type", "content-language", "vary", "location", "etag"),
    *("preference-applied", "retry-after"),
)
_TOLD_ONCE = "is_told_once"


def holds_a_secret(request: Request) -> None:
    """The answer to this request is told once: it is neither kept nor left out."""
    setattr(request.state, _TOLD_ONCE, True)


def is_secret(scope: Scope) -> bool:
    return bool(scope.get("state", {}).get(_TOLD_ONCE))


class OnceOnly:
    """``streamed_paths``: whose bodies, of at most ``largest`` bytes, are not read ahead."""

    def __init__(self, app: ASGIApp, streamed_paths: Collection[str], largest: int) -> None:
        self._app = app
        self._streamed_paths = streamed_paths
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        keys = _keys(scope)
        if not keys:
            await self._app(scope, receive, send)
            return
        incoming = Incoming(receive)
        try:
            turn = await self._take(scope, incoming, _the_one(keys))
        except Exception as error:  # noqa: BLE001 - told as any error of a route is
            await of_error(error)(scope, receive, send)
            return
        if isinstance(turn, Answer):
            await _again(turn)(scope, receive, send)
        elif turn is not None:
            await self._do(turn, scope, incoming, send)

    async def _take(self, scope: Scope, incoming: "Incoming", key: bytes) -> Hold | Answer | None:
        """None when the caller has gone before they had said what they want."""
        caller: Caller = scope["state"]["caller"]
        ports, user_id = ports_of(scope), caller.user_id
        head, streamed = _head(scope), path_of(scope) in self._streamed_paths
        if not streamed and not await incoming.read():
            return None
        turn = await once.take(ports, user_id, key, Asked(head, incoming.digest))
        if not streamed:
            return turn
        if isinstance(turn, Hold):
            incoming.every(HELD_FOR.total_seconds() / 3, lambda: once.go_on(ports, turn))
            return turn
        await incoming.drain(self._largest)
        return await once.take(ports, user_id, key, Asked(head, incoming.digest))

    async def _do(self, hold: Hold, scope: Scope, incoming: "Incoming", send: Send) -> None:
        ports, outgoing = ports_of(scope), Outgoing(send)
        before = HOLD.set(hold)
        try:
            await self._app(scope, incoming, outgoing)
        except Exception:
            await self._settle(once.let_go(ports, hold))
            raise
        finally:
            HOLD.reset(before)
        if outgoing.status >= 500:
            await self._settle(once.let_go(ports, hold))
        else:
            answer = None if is_secret(scope) else outgoing.answer()
            whom = about(path_of(scope), outgoing.headers.get("location"))
            await self._settle(once.keep(ports, hold, incoming.digest, answer, whom))
        await outgoing.flush()

    async def _settle(self, settled: Awaitable[None]) -> None:
        """The caller gets the answer, whether it can be kept or not."""
        try:
            await settled
        except Exception:
            log.exception("The answer to a key was not kept", extra=facts("key_not_settled"))


class Incoming:
    """The body of a request, hashed as it passes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._hash = sha256()
        self._ended = False
        self._ahead: list[Message] = []
        self._span = float("inf")
        self._last = time.monotonic()
        self._now_and_then: Callable[[], Awaitable[None]] | None = None

    @property
    def digest(self) -> bytes | None:
        """None as long as there may be more."""
        return self._hash.digest() if self._ended else None

    def every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """``do`` this now and then, as long as the body comes."""
        self._span, self._now_and_then = seconds, do

    async def __call__(self) -> Message:
        if self._ahead:
            return self._ahead.pop(0)
        message = await self._receive()
        if message["type"] == "http.request" and not self._ended:
            self._hash.update(message.get("body", b""))
            self._ended = not message.get("more_body", False)
            await self._perhaps()
        return message

    async def read(self) -> bool:
        """To its end, and keeps it; whether it has one."""
        read: list[Message] = []
        while not self._ended:
            read.append(await self())
            if read[-1]["type"] == "http.disconnect":
                return False
        self._ahead = read
        return True

    async def drain(self, most: int) -> None:
        """To its end. Raises TooLarge."""
        limit = Limit(most)
        while not self._ended:
            message = await self()
            if message["type"] == "http.disconnect":
                return
            limit.count(message.get("body", b""))

    async def _perhaps(self) -> None:
        now = time.monotonic()
        if self._now_and_then is not None and now - self._last >= self._span:
            self._last = now
            await self._now_and_then()


class Outgoing:
    """The answer, held back until it is kept; one that is too large is let through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[Message] = []
        self._size = 0
        self.status = 500
        self.headers = Headers()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], Headers(raw=message["headers"])
        self._held.append(message)
        self._size += len(message.get("body", b""))
        if self._size > LARGEST_ANSWER:
            await self.flush()

    def answer(self) -> Answer | None:
        """None when there is more of it than is kept."""
        if self._size > LARGEST_ANSWER:
            return None
        headers = {name: self.headers[name] for name in _KEPT_HEADERS if name in self.headers}
        body = b"".join(message.get("body", b"") for message in self._held)
        return Answer(self.status, headers, body)

    async def flush(self) -> None:
        held, self._held = self._held, []
        for message in held:
            await self._send(message)


def _keys(scope: Scope) -> list[str]:
    """Of a write by somebody who is known."""
    if scope["type"] != "http" or scope["method"] not in _WRITES:
        return []
    return Headers(scope=scope).getlist(HEADER) if "caller" in scope.get("state", {}) else []


def _the_one(keys: list[str]) -> bytes:
    """What is kept of a key is its hash: it is the caller's, and may say whatever they like.
    Raises Invalid."""
    if len(keys) > 1:
        raise Invalid(FieldFault(HEADER, "This is given more than once."))
    return sha256(key_of(keys[0]).encode()).digest()


def _head(scope: Scope) -> bytes:
    asked = (scope["method"].encode(), path_of(scope).encode(), scope["query_string"])
    return sha256(b"\0".join(asked)).digest()


def _again(answer: Answer) -> Response:
    headers: dict[str, Any] = answer.headers | {REPLAYED: "true"}
    return Response(answer.body, answer.status, headers)
