"""What the HTTP client really does, on the loopback interface."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from services.sender.adapters.provider import HttpProvider, build_client
from services.sender.domain.failures import (
    Accepted,
    ConnectionFailed,
    OutcomeUnknown,
    Rejected,
    Result,
    Throttled,
    Unauthorized,
)
from shared.runtime.clock import SystemClock

OK = b'{"code": 0, "message": "OK"}'
TIMEOUT = 0.6

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def response(body: bytes = OK, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    return head.encode() + body


class Server:
    """Answers with ``answer``; remembers (head, body) of every request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self.answer: Answer = self.say(response())
        self.url = ""

    @staticmethod
    def say(data: bytes, *, then_close: bool = False, pause: float = 0.0) -> Answer:
        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(pause)
            if then_close:
                writer.close()

        return answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                size = next(
                    int(line.split(":")[1])
                    for line in head.splitlines()
                    if line.lower().startswith("content-length")
                )
                self.requests.append((head, await reader.readexactly(size)))
                await self.answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield server
    listening.close()


@asynccontextmanager
async def provider_at(
    url: str, timeout: float = TIMEOUT, connect_timeout: float = 3.0
) -> AsyncIterator[HttpProvider]:
    async with build_client(
        "secret", concurrency=10, timeout=timeout, connect_timeout=connect_timeout
    ) as client:
        yield HttpProvider(client, url, SystemClock())


async def call(url: str, message_id: int = 9_007_199_254_740_991) -> Result:
    async with provider_at(url) as provider:
        return await provider.send(message_id, "79001234567", "Ёлки 🎄")


async def test_request_keeps_the_contract(server: Server) -> None:
    assert await call(server.url) == Accepted()
    ((head, body),) = server.requests
    assert head.startswith("POST /v1/send/9007199254740991 HTTP/1.1\r\n")
    assert "authorization: bearer secret" in head.lower()
    assert "content-type: application/json" in head.lower()
    assert "cookie" not in head.lower()
    assert "referer" not in head.lower()
    assert json.loads(body) == {
        "id": 9_007_199_254_740_991,
        "phone": 79001234567,
        "text": "Ёлки 🎄",
    }


async def test_connections_are_reused(server: Server) -> None:
    async with provider_at(server.url) as provider:
        for number in range(5):
            assert await provider.send(number, "79001234567", "text") == Accepted()
    assert server.connections == 1


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert type(await call(f"http://127.0.0.1:{port}")) is ConnectionFailed


async def test_connecting_takes_too_long(server: Server) -> None:
    """The handshake of TLS is part of connecting, and this server knows none."""
    began = monotonic()
    assert type(await call(server.url.replace("http", "https"))) is ConnectionFailed
    assert monotonic() - began < TIMEOUT
    assert server.requests == []


async def test_a_connection_that_comes_late_is_not_waited_for(server: Server) -> None:
    """The call would reach the provider after the moment at which somebody paused the mailing."""
    began = monotonic()
    url = server.url.replace("http", "https")
    async with provider_at(url, timeout=10.0, connect_timeout=0.2) as provider:
        assert type(await provider.send(1, "79001234567", "text")) is ConnectionFailed
    assert monotonic() - began < 1.0


async def test_calls_in_every_slot_do_not_wait_for_one_another(server: Server) -> None:
    server.answer = Server.say(response(), pause=0.2)
    began = monotonic()
    async with provider_at(server.url, timeout=5.0) as provider:
        for _ in range(2):
            calls = [provider.send(number, "79001234567", "text") for number in range(10)]
            assert await asyncio.gather(*calls) == [Accepted()] * 10
    assert monotonic() - began < 1.0


async def abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(response(b"", length=len(OK)))
    for _ in OK:
        writer.write(b" ")
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(abort, id="reset"),
        pytest.param(Server.say(b"", then_close=True), id="closed"),
        pytest.param(Server.say(b"HTTP/1.1 2", then_close=True), id="half a status line"),
        pytest.param(Server.say(response(OK[:9], length=28), then_close=True), id="half a body"),
        pytest.param(Server.say(response(OK[:9], length=28), pause=5.0), id="stalled body"),
        pytest.param(Server.say(b"", pause=5.0), id="hung"),
        pytest.param(drip, id="dripping for longer than the timeout"),
        pytest.param(Server.say(b"220 mail.example ESMTP\r\n\r\n"), id="another protocol"),
        pytest.param(Server.say(response(b"<html>")), id="garbage"),
        pytest.param(Server.say(response(b" " * 100_000 + OK)), id="longer than is read"),
        pytest.param(Server.say(response(OK, "202 Accepted")), id="another success"),
    ],
)
async def test_whatever_happens_after_the_request_left_is_unknown(
    server: Server, answer: Answer
) -> None:
    server.answer = answer
    began = monotonic()
    assert type(await call(server.url)) is OutcomeUnknown
    assert monotonic() - began < TIMEOUT + 0.5
    assert len(server.requests) == 1


async def test_broken_connection_is_not_tried_again_by_the_client(server: Server) -> None:
    """On a connection that was used before, where clients like to repeat by themselves."""
    async with provider_at(server.url) as provider:
        assert await provider.send(1, "79001234567", "text") == Accepted()
        server.answer = abort
        assert type(await provider.send(2, "79001234567", "text")) is OutcomeUnknown
    assert len(server.requests) == 2


async def test_connection_closed_while_idle_costs_nothing(server: Server) -> None:
    server.answer = Server.say(response(), then_close=True)
    async with provider_at(server.url) as provider:
        for number in range(3):
            assert await provider.send(number, "79001234567", "text") == Accepted()
            await asyncio.sleep(0.05)
    assert len(server.requests) == 3


async def test_redirects_are_not_followed(server: Server) -> None:
    location = f"Location: {server.url}/elsewhere".encode()
    server.answer = Server.say(
        b"HTTP/1.1 307 Temporary Redirect\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n"
    )
    assert await call(server.url) == Rejected(http_status=307)
    assert len(server.requests) == 1


async def test_headers_of_the_answer_are_read(server: Server) -> None:
    server.answer = Server.say(
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    )
    assert await call(server.url) == Throttled(http_status=429, retry_after=7.0)
    server.answer = Server.say(response(b"", "401 Unauthorized"))
    assert await call(server.url) == Unauthorized(http_status=401)


async def test_proxies_of_the_environment_are_not_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await call(server.url) == Accepted()


async def test_address_that_is_no_number_never_leaves(server: Server) -> None:
    async with provider_at(server.url) as provider:
        result = await provider.send(1, "+7 900", "text")
    assert type(result) is Rejected
    assert server.requests == []


async def test_call_that_is_cancelled_hangs_up_at_its_timeout() -> None:
    """Not at once: cancelling gives up waiting and no more. So no call of ours is cancelled."""
    hung_up = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side hangs up
        writer.close()
        hung_up.set()

    async with await asyncio.start_server(wait, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        async with provider_at(f"http://127.0.0.1:{port}") as provider:
            calling = asyncio.create_task(provider.send(1, "79001234567", "text"))
            await asyncio.sleep(0.1)
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling
            async with asyncio.timeout(TIMEOUT + 0.5):
                await hung_up.wait()
