"""The control endpoints: what shall go wrong, and what was accepted."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.simulator.faults import Faults
from deploy.simulator.provider import Provider

MOST_PER_PAGE = 10_000

Handler = Callable[[web.BaseRequest], Awaitable[web.Response]]


class Answered(BaseModel):
    """What a client answers."""

    model_config = ConfigDict(extra="forbid")

    phone: int
    text: str


class Control:
    """The endpoints under `/control` and the health checks."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.routes: dict[tuple[str, str], Handler] = {
            ("GET", "/control/faults"): self.read_faults,
            ("PUT", "/control/faults"): self.put_faults,
            ("GET", "/control/books"): self.read_books,
            ("GET", "/control/accepted"): self.read_accepted,
            ("GET", "/control/receipts"): self.read_receipts,
            ("POST", "/control/inbound"): self.say,
            ("POST", "/control/reset"): self.reset,
            ("GET", "/health/live"): self.health,
            ("GET", "/health/ready"): self.health,
        }

    async def handle(self, request: web.BaseRequest) -> web.Response:
        handler = self.routes.get((request.method, request.path))
        if handler is None:
            return web.json_response({"error": "there is no such endpoint"}, status=404)
        return await handler(request)

    async def read_faults(self, _request: web.BaseRequest) -> web.Response:
        return web.Response(
            text=self._provider.faults.model_dump_json(), content_type="application/json"
        )

    async def put_faults(self, request: web.BaseRequest) -> web.Response:
        """Replace the faults in force. 422 names what is wrong; then nothing changes."""
        try:
            faults = Faults.model_validate_json(await request.read())
        except ValidationError as invalid:
            return _invalid(invalid)
        self._provider.misbehave(faults)
        return await self.read_faults(request)

    async def read_books(self, _request: web.BaseRequest) -> web.Response:
        return web.json_response(self._provider.books.summary())

    async def read_accepted(self, request: web.BaseRequest) -> web.Response:
        """`?after=&limit=`: records in the order of their first acceptance."""
        try:
            after = int(request.query["after"]) if request.query.get("after") else None
            limit = min(int(request.query.get("limit", "1000")), MOST_PER_PAGE)
            page = self._provider.books.page(after, limit)
        except ValueError:
            return web.json_response({"error": "after and limit are numbers"}, status=422)
        except KeyError:
            return web.json_response({"error": "after was never accepted"}, status=404)
        return web.json_response({"items": page.items, "next_after": page.next_after})

    async def read_receipts(self, _request: web.BaseRequest) -> web.Response:
        receipts = self._provider.receipts
        return _no_gateway() if receipts is None else web.json_response(receipts.brought())

    async def say(self, request: web.BaseRequest) -> web.Response:
        """`{"phone", "text"}`: a client answers; the status with which the gateway does."""
        try:
            answer = Answered.model_validate_json(await request.read())
        except ValidationError as invalid:
            return _invalid(invalid)
        if self._provider.receipts is None:
            return _no_gateway()
        status = await self._provider.receipts.say(answer.phone, answer.text)
        return web.json_response({"status": status})

    async def reset(self, _request: web.BaseRequest) -> web.Response:
        self._provider.reset()
        return web.Response(status=204)

    async def health(self, _request: web.BaseRequest) -> web.Response:
        return web.json_response({"status": "ok"})


def _invalid(invalid: ValidationError) -> web.Response:
    text = invalid.json(include_url=False, include_context=False)
    return web.Response(status=422, text=text, content_type="application/json")


def _no_gateway() -> web.Response:
    return web.json_response({"error": "SIMULATOR_RECEIPTS_URL names no gateway"}, status=409)
