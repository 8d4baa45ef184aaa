"""The wire between a client and its server, which a test may freeze, cut, or make slow."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65536
# Chunks on their way: a sender that is faster than the wire is made to wait.
ON_THE_WAY = 64

Address = tuple[str, int]


@dataclass(frozen=True)
class Pace:
    """``latency``: the least and the most seconds that a chunk takes one way."""

    latency: tuple[float, float] = (0.0, 0.0)
    bytes_per_second: float = float("inf")


class Wire:
    """Passes bytes both ways. Frozen, it takes them and passes none; cut, it breaks and refuses."""

    def __init__(self, far_end: Callable[[], Address]) -> None:
        """``far_end``: asked anew for each connection, so the server may start after the wire."""
        self.far_end = far_end
        self._writers: set[asyncio.StreamWriter] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self._pace = Pace()

    def freeze(self) -> None:
        self._flows.clear()

    def cut(self) -> None:
        self._refuses = True
        for writer in self._writers:
            writer.transport.abort()

    def slow(self, pace: Pace) -> None:
        self._pace = pace

    def mend(self) -> None:
        """Everything passes again, at once, and first of all what a frozen wire has taken."""
        self._refuses = False
        self._pace = Pace()
        self._flows.set()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.far_end())
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._writers |= ends
        self._idle.clear()
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            for end in ends:
                end.close()
            self._writers -= ends
            if not self._writers:
                self._idle.set()

    async def end(self) -> None:
        """Breaks what is connected, for good."""
        self.mend()
        self.cut()
        await self._idle.wait()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(ON_THE_WAY)
        entering = asyncio.create_task(self._enter(reader, chunks))
        try:
            while True:
                due, data = await chunks.get()
                if not data:
                    break
                if (early := due - time.monotonic()) > 0:
                    await asyncio.sleep(early)
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
            if not writer.is_closing():
                writer.write_eof()
        except OSError:  # broken, or broken already where its end was to be told
            writer.transport.abort()
        finally:
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)

    async def _enter(
        self, reader: asyncio.StreamReader, chunks: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        """Takes bytes in, each chunk with the moment at which it is due at the other end."""
        free_from = 0.0  # when the chunks before have passed
        data = b"?"
        while data:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b""
            due = max(time.monotonic() + random.uniform(*self._pace.latency), free_from)
            free_from = due + len(data) / self._pace.bytes_per_second
            await chunks.put((due, data))


@asynccontextmanager
async def wire(far_end: Callable[[], Address]) -> AsyncIterator[tuple[Wire, int]]:
    """A wire to a server, and the port of its near end."""
    made = Wire(far_end)
    server = await asyncio.start_server(made.connect, "127.0.0.1")
    try:
        yield made, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await made.end()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the server of ``url``, and the same URL by way of it."""
    parts = urlsplit(url)
    address = parts.hostname or "", parts.port or 0
    login, at, _ = parts.netloc.rpartition("@")
    async with wire(lambda: address) as (made, port):
        yield made, urlunsplit(parts._replace(netloc=f"{login}{at}127.0.0.1:{port}"))
