"""The api, as far as a rebuild needs it: its directory, and mailings that it calls back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from pydantic import TypeAdapter

from shared.contracts.directory import ClientsChanged, ClientState
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingChanged
from tests.integration.recovery.world import SERVICE_TOKEN, World

_MAILINGS = TypeAdapter(list[MailingChanged])


@dataclass
class StubApi:
    world: World
    clients: Sequence[ClientState]
    mailings: list[MailingChanged]
    finished: Sequence[MailingChanged] = ()

    async def directory(self, request: web.Request) -> web.Response:
        page = [one for one in self.clients if one.id > _after(request)]
        return _answer(ClientsChanged(clients=tuple(page)).encode())

    async def recall(self, request: web.Request) -> web.Response:
        page = [one for one in self.mailings if one.mailing_id > _after(request)]
        recalled = [one.model_copy(update={"revision": one.revision + 1}) for one in page]
        for one in recalled:
            gate = Gate(kind="mailing", id=one.mailing_id, revision=one.revision, closed=False)
            await self.world.tell(GatesChanged(gates=(gate,)), one)
        return _answer(_MAILINGS.dump_json(recalled, by_alias=True))

    async def past(self, request: web.Request) -> web.Response:
        page = [one for one in self.finished if one.mailing_id > _after(request)]
        return _answer(_MAILINGS.dump_json(page, by_alias=True))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app = web.Application(middlewares=[_for_services])
        app.router.add_get("/internal/clients", self.directory)
        app.router.add_post("/internal/mailings/recall", self.recall)
        app.router.add_get("/internal/mailings/finished", self.past)
        async with TestServer(app) as server:
            yield str(server.make_url("/"))


@web.middleware
async def _for_services(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.headers.get("Authorization") != f"Bearer {SERVICE_TOKEN}":
        return web.Response(status=401)
    return await handler(request)


def _after(request: web.Request) -> int:
    return int(request.query["after"])


def _answer(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
