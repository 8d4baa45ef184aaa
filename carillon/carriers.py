"""Who carries calls to the server and back: one that waits, one that is awaited."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from carillon.answers import Answer
from carillon.calls import Call
from carillon.conversation import (
    Conversation,
    Heard,
    Pause,
    Renew,
    Send,
    carried_out,
    renewed,
)
from carillon.downloads import Download
from carillon.errors import NotReachable
from carillon.models.base import Page
from carillon.pages import AsyncPages, Pages
from carillon.patience import Patience
from carillon.tokens import Keeper

T = TypeVar("T")

# Where a connection could not even be made, nothing can have arrived.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Carrier:
    """Waits. May be used by several threads at once."""

    def __init__(self, http: httpx.Client, keeper: Keeper, patience: Patience) -> None:
        self._http, self.keeper, self._patience = http, keeper, patience
        self._renewing = threading.Lock()

    def carry(self, call: Call[T]) -> T:
        return self._drive(carried_out(call, self.keeper, self._patience))

    def leaf(self, call: Call[Page[T]]) -> Pages[T]:
        return Pages(call, self.carry, None)

    def close(self) -> None:
        self._http.close()

    def _drive(self, conversation: Conversation[T]) -> T:
        heard: Heard = None
        while True:
            try:
                step = conversation.send(heard)
            except StopIteration as end:
                value: T = end.value
                return value
            heard = None
            match step:
                case Send():
                    heard = self._send(step)
                case Pause(seconds):
                    time.sleep(seconds)
                case Renew(stale):
                    with self._renewing, self.keeper.held():
                        self._drive(renewed(self.keeper, stale, self._patience))

    def _send(self, step: Send) -> Answer | NotReachable:
        try:
            upload, download = step.call.upload, step.call.download
            if download is not None:
                return self._download(step, download)
            content = step.call.json() if upload is None else upload.pieces()
            return _answer(self._http.request(**_request(step), content=content))
        except httpx.TransportError as error:
            return _lost(error)

    def _download(self, step: Send, download: Download) -> Answer:
        with self._http.stream(**_request(step)) as response:
            if not response.is_success:
                response.read()
                return _answer(response)
            with download.open() as file:
                for piece in response.iter_bytes():
                    file.write(piece)
        return _without_body(response)


class AsyncCarrier:
    """Is awaited. For one event loop."""

    def __init__(self, http: httpx.AsyncClient, keeper: Keeper, patience: Patience) -> None:
        self._http, self.keeper, self._patience = http, keeper, patience
        self._renewing = asyncio.Lock()

    async def carry(self, call: Call[T]) -> T:
        return await self._drive(carried_out(call, self.keeper, self._patience))

    def leaf(self, call: Call[Page[T]]) -> AsyncPages[T]:
        return AsyncPages(call, self.carry, None)

    async def close(self) -> None:
        await self._http.aclose()

    async def _drive(self, conversation: Conversation[T]) -> T:
        heard: Heard = None
        while True:
            try:
                step = conversation.send(heard)
            except StopIteration as end:
                value: T = end.value
                return value
            heard = None
            match step:
                case Send():
                    heard = await self._send(step)
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Renew(stale):
                    await self._renew(stale)

    async def _renew(self, stale: str) -> None:
        async with self._renewing, _Held(self.keeper):
            await self._drive(renewed(self.keeper, stale, self._patience))

    async def _send(self, step: Send) -> Answer | NotReachable:
        try:
            upload, download = step.call.upload, step.call.download
            if download is not None:
                return await self._download(step, download)
            content = step.call.json() if upload is None else _in_threads(upload.pieces())
            return _answer(await self._http.request(**_request(step), content=content))
        except httpx.TransportError as error:
            return _lost(error)

    async def _download(self, step: Send, download: Download) -> Answer:
        async with self._http.stream(**_request(step)) as response:
            if not response.is_success:
                await response.aread()
                return _answer(response)
            with download.open() as file:
                async for piece in response.aiter_bytes():
                    await asyncio.to_thread(file.write, piece)
        return _without_body(response)


class _Held:
    """A keeper, waited for in a thread: it may be another process that has it."""

    def __init__(self, keeper: Keeper) -> None:
        self._held = keeper.held()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._held.__enter__)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.__exit__(kind, error, trace)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Reading and packing a file would keep the loop waiting."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _request(step: Send) -> dict[str, Any]:
    call = step.call
    headers = dict(step.headers)
    if call.upload is not None:
        headers |= {"Content-Type": call.upload.content_type, "Content-Encoding": "gzip"}
    elif call.body is not None:
        headers["Content-Type"] = "application/json"
    if call.download is not None:
        headers["Accept"] = call.download.accept
    return {
        "method": call.method,
        # Without a slash in front it is under the base's path.
        "url": call.path.lstrip("/"),
        "params": call.parameters,
        "headers": headers,
    }


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)


def _without_body(response: httpx.Response) -> Answer:
    """It stands in a file."""
    return Answer(response.status_code, response.headers, b"")


def _lost(error: httpx.TransportError) -> NotReachable:
    told = str(error) or type(error).__name__
    address = error.request.url.copy_with(query=None)
    return NotReachable(f"No answer from {address}: {told}", sent=not isinstance(error, _NOT_SENT))
