"""The provider's endpoint: `POST /v1/send/{id}`.

This is the hot path. It must stay well above the rates that the system is measured at, so it
is a chain of plain checks without a router, and its answers are ready-made bytes.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable
from hmac import compare_digest

from aiohttp import web

from deploy.simulator.books import Books
from deploy.simulator.faults import ACCEPTING, Answer, Faults, decide, latency
from deploy.simulator.limiter import RateLimit
from deploy.simulator.receipts import Receipts

SEND = "/v1/send/"
JSON = {"Content-Type": "application/json"}
INT64 = range(-(2**63), 2**63)

OK = b'{"code": 0, "message": "OK"}'
REJECTED = b'{"code": 17, "message": "Number is not served"}'
ERROR = b'{"code": 500, "message": "Internal error"}'
THROTTLED = b'{"code": 429, "message": "Too many requests"}'
UNAUTHORIZED = b'{"code": 401, "message": "Unauthorized"}'
GARBAGE = b"<html><body>It works!</body></html>"


class InvalidCallError(Exception):
    """The call does not keep the contract; the message says in what."""


class Provider:
    """The provider: its token, the faults in force, its books.

    `clock` gives Unix seconds for the books; what lasts for a while is measured by another.
    `receipts` go to a gateway, if there is one: `brings_receipts` when nobody says otherwise.
    """

    def __init__(
        self,
        token: str,
        clock: Callable[[], float] = time.time,
        *,
        receipts: Receipts | None = None,
        brings_receipts: bool = False,
    ) -> None:
        self._clock = clock
        self.receipts = receipts
        self._at_rest = Faults(receipts=brings_receipts)
        self._authorization = f"Bearer {token}".encode()
        self.reset()

    def reset(self) -> None:
        """Forget everything, and behave."""
        self.books = Books()
        self.misbehave(self._at_rest)
        if self.receipts is not None:
            self.receipts.forget()

    def misbehave(self, faults: Faults) -> None:
        """Put these faults in force in place of the earlier ones."""
        now = time.monotonic()
        limit = faults.rate_limit_per_second
        self.faults = faults
        self._random = random.Random(faults.seed)
        self._limit = None if limit is None else RateLimit(limit, now)
        self._outage_ends = now + (faults.outage_seconds or 0.0)

    @property
    def in_outage(self) -> bool:
        return self.faults.outage or time.monotonic() < self._outage_ends

    async def send(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take one call."""
        books = self.books
        books.calls += 1
        books.in_flight += 1
        try:
            return await self._answer(request, books)
        finally:
            books.in_flight -= 1

    async def _answer(self, request: web.BaseRequest, books: Books) -> web.StreamResponse:
        answer = self._decide(request)
        reason = ""
        if answer in ACCEPTING:
            try:
                message, phone, text = _read(request.path, await request.read())
            except InvalidCallError as broken:
                answer, reason = Answer.INVALID, str(broken)
            else:
                now = self._clock()
                books.accept(message, phone, text, answer, now)
                if self.faults.receipts:
                    self._bring_receipt(message, now)
        books.by_answer[answer] += 1
        if answer is not Answer.OUTAGE:
            await self._take_time()
        return await self._carry_out(answer, reason, request)

    def _bring_receipt(self, message: int, now: float) -> None:
        if self.receipts is not None:
            delivered = self._random.random() >= self.faults.undelivered_rate
            self.receipts.of(message, now, delivered=delivered)

    def _decide(self, request: web.BaseRequest) -> Answer:
        if not self.in_outage and not self._is_authorized(request):
            return Answer.UNAUTHORIZED
        limit = self._limit
        return decide(
            self.faults,
            self._random.random(),
            over_limit=limit is not None and not limit.takes(time.monotonic()),
            in_outage=self.in_outage,
        )

    def _is_authorized(self, request: web.BaseRequest) -> bool:
        return compare_digest(
            request.headers.get("Authorization", "").encode(), self._authorization
        )

    async def _take_time(self) -> None:
        delay = latency(self.faults, self._random.random())
        if delay > 0.0:
            await asyncio.sleep(delay)

    async def _carry_out(
        self, answer: Answer, reason: str, request: web.BaseRequest
    ) -> web.StreamResponse:
        if answer is Answer.OK:
            return web.Response(body=OK, headers=JSON)
        if answer is Answer.HUNG:
            await _never()
        if answer in (Answer.OUTAGE, Answer.DROPPED, Answer.DROPPED_BEFORE):
            return _abort(request)
        return _refusal(answer, reason, self.faults)


def _read(path: str, body: bytes) -> tuple[int, int, str]:
    """The message's id, phone and text. Raises InvalidCallError."""
    try:
        call = json.loads(body)
    except ValueError:
        raise InvalidCallError("the body is not JSON") from None
    if not isinstance(call, dict):
        raise InvalidCallError("the body is not an object")
    message, phone, text = call.get("id"), call.get("phone"), call.get("text")
    if type(message) is not int or message not in INT64:
        raise InvalidCallError("id is not an int64")
    if path != f"{SEND}{message}":
        raise InvalidCallError("id differs from the id in the path")
    if type(phone) is not int or phone not in INT64:
        raise InvalidCallError("phone is not an int64")
    if type(text) is not str:
        raise InvalidCallError("text is not a string")
    return message, phone, text


def _refusal(answer: Answer, reason: str, faults: Faults) -> web.Response:
    match answer:
        case Answer.REJECTED:
            return web.Response(body=REJECTED, headers=JSON)
        case Answer.ERROR:
            return web.Response(status=faults.error_status, body=ERROR, headers=JSON)
        case Answer.THROTTLED:
            wait = {"Retry-After": str(faults.retry_after_s)}
            return web.Response(status=429, body=THROTTLED, headers=JSON | wait)
        case Answer.UNAUTHORIZED:
            return web.Response(status=401, body=UNAUTHORIZED, headers=JSON)
        case Answer.GARBAGE:
            return web.Response(body=GARBAGE, headers={"Content-Type": "text/html"})
        case _:
            return web.json_response({"code": 400, "message": reason}, status=400)


def _abort(request: web.BaseRequest) -> web.Response:
    """Cut the connection. What is returned is never written."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _never() -> None:
    """Wait until the caller gives up: its disconnecting cancels the handler."""
    await asyncio.get_running_loop().create_future()
