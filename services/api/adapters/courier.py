"""Requests to receivers of webhooks: to the address that was looked at, and nowhere else.

Whether an address may be called is decided when the connection to it is made, and the connection
goes to that very address: a name that leads elsewhere a moment later (DNS rebinding) leads us
nowhere. TLS still asks for the certificate of the name. Nothing is redirected, no proxy is asked,
and of an answer no more is read than it takes to use the connection again.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx

from services.api.domain.addresses import Address, Network, may_be_called
from services.api.domain.hook_tries import TRY_LIMIT, Tried, Trouble, answered

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

# Names that take long to resolve hold up one another, and nothing else.
_RESOLVERS = 8
# Seconds for one of several addresses to answer; the limit of the whole is that of the try.
_CONNECT_LIMIT = 5.0
_KEPT_OPEN = 30.0
# A receiver has nothing to tell; what it tells nevertheless is read this far.
MOST_READ = 1 << 16
_OURS = (("Content-Type", "application/json"), ("User-Agent", "Carillon-Webhooks/1"))


class NotFound(httpcore.ConnectError):
    """The name leads nowhere."""


class NotAllowed(httpcore.ConnectError):
    """All that it leads to are addresses that may not be called."""


class Guard(httpcore.AsyncNetworkBackend):
    """Connects to addresses that may be called. ``named``: networks that are, wherever they lie."""

    def __init__(self, named: Collection[Network], resolve: Resolve) -> None:
        self._named = named
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await self._resolve(host, port)
        if not found:
            raise NotFound
        allowed = [address for address in found if may_be_called(address, self._named)]
        if not allowed:
            raise NotAllowed
        return await self._first_of(allowed, port, timeout, local_address, socket_options)

    async def _first_of(
        self, addresses: Sequence[Address], port: int, *options: Any
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError()
        for address in addresses:
            try:
                return await self._network.connect_tcp(str(address), port, *options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class SystemResolver:
    """What the system says, asked in threads of its own: nothing can end a question that hangs."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _look_up, host, port)
        except (OSError, UnicodeError):
            return ()
        return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


class HttpCourier:
    def __init__(
        self,
        named: Collection[Network],
        resolve: Resolve | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        limit: float = TRY_LIMIT,
    ) -> None:
        self._limit = limit
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=None,  # each receiver is given few, and none waits for another's
            max_keepalive_connections=100,
            keepalive_expiry=_KEPT_OPEN,
            network_backend=Guard(named, resolve or SystemResolver()),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.aclose()

    async def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> Tried:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._limit):
                status, retry_after = await self._post(url, headers, body)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            return Tried(_since(begun), trouble=_trouble(error))
        except TimeoutError:
            return Tried(_since(begun), trouble=Trouble.TOO_SLOW)
        except OSError:  # what httpcore has no name for
            return Tried(_since(begun), trouble=Trouble.BROKEN)
        return answered(status, _since(begun), retry_after)

    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str | None]:
        waits = {"connect": _CONNECT_LIMIT, "read": self._limit, "write": self._limit}
        async with self._pool.stream(
            "POST",
            url,
            headers=[*_OURS, *headers.items()],
            content=body,
            extensions={"timeout": waits},
        ) as answer:
            read = 0
            async for part in answer.aiter_stream():
                read += len(part)
                if read > MOST_READ:
                    break
            return answer.status, _header(answer, b"retry-after")


def _look_up(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _header(answer: httpcore.Response, name: bytes) -> str | None:
    return next(
        (value.decode("latin-1") for key, value in answer.headers if key.lower() == name), None
    )


def _trouble(error: Exception) -> Trouble:
    match error:
        case NotFound():
            return Trouble.NOT_FOUND
        case NotAllowed():
            return Trouble.NOT_ALLOWED
        case httpcore.ConnectError():
            return Trouble.NOT_TRUSTED if _is_of_tls(error) else Trouble.NOT_CONNECTED
        case httpcore.ConnectTimeout():
            return Trouble.NOT_CONNECTED
        case httpcore.TimeoutException():
            return Trouble.TOO_SLOW
    return Trouble.BROKEN


def _is_of_tls(error: BaseException | None) -> bool:
    """Somewhere among what brought it about."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
