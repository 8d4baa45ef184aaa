"""A wire passes what it is given, unless it was frozen, cut or made slow."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.support.wire import Pace, Wire, wire

SOON = 2.0  # seconds
FROZEN = 0.1
BROKEN = (ConnectionError, asyncio.IncompleteReadError)


@dataclass
class Echo:
    wire: Wire
    port: int

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, data: bytes) -> bytes:
        reader, writer = await self.open()
        try:
            writer.write(data)
            return await asyncio.wait_for(reader.readexactly(len(data)), SOON)
        finally:
            writer.close()


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[Echo]:
    """A server that says everything again, at the far end of a wire."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    address = server.sockets[0].getsockname()
    async with wire(lambda: address) as (made, port):
        yield Echo(made, port)
    server.close()


async def test_what_is_said_comes_back_whole(echo: Echo) -> None:
    data = bytes(range(256)) * 4_000
    assert await echo.say(data) == data


async def test_an_end_is_passed_on(echo: Echo) -> None:
    reader, writer = await echo.open()
    writer.write(b"last words")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), SOON) == b"last words"
    writer.close()


async def test_frozen_it_keeps_what_it_takes_and_passes_it_later(echo: Echo) -> None:
    reader, writer = await echo.open()
    echo.wire.freeze()
    writer.write(b"hello")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), FROZEN)
    echo.wire.mend()
    assert await asyncio.wait_for(reader.readexactly(5), SOON) == b"hello"
    writer.close()


async def test_cut_it_breaks_and_refuses_until_mended(echo: Echo) -> None:
    reader, writer = await echo.open()
    writer.write(b"hello")
    await asyncio.wait_for(reader.readexactly(5), SOON)
    echo.wire.cut()
    with pytest.raises(BROKEN):
        await asyncio.wait_for(reader.readexactly(1), SOON)
    with pytest.raises(BROKEN):
        await echo.say(b"hello")
    echo.wire.mend()
    assert await echo.say(b"hello") == b"hello"
    writer.close()


async def test_slow_it_takes_its_time_both_ways(echo: Echo) -> None:
    echo.wire.slow(Pace(latency=(0.05, 0.06)))
    began = time.monotonic()
    assert await echo.say(b"hello") == b"hello"
    assert time.monotonic() - began >= 0.1


async def test_little_passes_of_much_at_a_time(echo: Echo) -> None:
    echo.wire.slow(Pace(bytes_per_second=1_000_000))
    data = bytes(250_000)
    began = time.monotonic()
    assert await echo.say(data) == data
    # The last chunk is not waited for once it is due.
    assert time.monotonic() - began >= 0.15


async def test_nobody_at_the_far_end_is_a_connection_that_breaks() -> None:
    nobody = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1")
    address = nobody.sockets[0].getsockname()
    nobody.close()
    await nobody.wait_closed()
    async with wire(lambda: address) as (_, port):
        with pytest.raises(BROKEN):
            await Echo(Wire(lambda: address), port).say(b"hello")
