"""Both clients against a server that is a function."""

import asyncio
import gzip
import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, assert_type

import httpx
import pytest

from carillon import AsyncCarillon, Carillon, NotReachable
from carillon.models.clients import ImportAccepted
from carillon.models.users import Department
from carillon.pages import AsyncPages, Pages
from carillon.patience import Patience
from carillon.uploads import Upload

MADE = "2027-02-01T09:00:00Z"


class Server:
    """Departments in pages of two; a session whose access token is good once it was renewed."""

    def __init__(self) -> None:
        self.seen: list[httpx.Request] = []
        self.good = "2"
        self.refreshed = 0
        self._turn = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self.answer(request)

    async def later(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.answer(request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        with self._turn:
            self.seen.append(request)
            path = request.url.path.removeprefix("/behind/api/v1")
            if path == "/auth/login":
                return httpx.Response(200, json=self._tokens("1"))
            if path == "/auth/refresh":
                return self._refresh(json.loads(request.content))
            if request.headers.get("authorization") != f"Bearer {self.good}":
                return httpx.Response(401, json={"detail": "Over."})
            if path == "/clients/import":
                return httpx.Response(202, json={"id": 7})
            return httpx.Response(200, json=self._page(request.url.params))

    def _refresh(self, body: Any) -> httpx.Response:
        """A second time would end the session."""
        self.refreshed += 1
        is_first = self.refreshed == 1 and body == {"refresh_token": "r1"}
        return httpx.Response(*((200,) if is_first else (401,)), json=self._tokens("2"))

    def _tokens(self, name: str) -> Any:
        both = {"access_token": name, "refresh_token": f"r{name}"}
        return both | {"token_type": "bearer", "expires_in": 3600}

    def _page(self, asked: httpx.QueryParams) -> Any:
        first = int(asked.get("cursor", 1))
        items = [{"id": n, "name": f"d{n}", "created_at": MADE} for n in (first, first + 1)]
        return {"items": items, "next_cursor": None if first == 5 else str(first + 2)}

    def asked(self, path: str) -> list[httpx.Request]:
        return [one for one in self.seen if one.url.path == f"/behind/api/v1{path}"]


@pytest.fixture
def server() -> Server:
    return Server()


def carillon(server: Callable[[httpx.Request], httpx.Response], **options: Any) -> Carillon:
    return Carillon("http://x/behind/", transport=httpx.MockTransport(server), **options)


def test_a_list_is_read_as_far_as_somebody_looks(server: Server) -> None:
    with carillon(server, token="2") as api:
        departments = iter(api.departments.list())
        assert [next(departments).id, next(departments).id] == [1, 2]
        assert len(server.seen) == 1
        assert [one.id for one in departments] == [3, 4, 5, 6]
        assert [dict(one.url.params) for one in server.seen] == [
            {},
            {"cursor": "3"},
            {"cursor": "5"},
        ]


def test_a_page_can_be_asked_for_by_its_size_and_cursor(server: Server) -> None:
    with carillon(server, token="2") as api:
        page = api.departments.list().sized(2).page("3")
    assert (page.items[0].id, page.next_cursor) == (3, "5")
    assert dict(server.seen[0].url.params) == {"limit": "2", "cursor": "3"}


async def test_a_list_can_be_awaited(server: Server) -> None:
    async with AsyncCarillon(
        "http://x/behind", token="2", transport=httpx.MockTransport(server.later)
    ) as api:
        assert [one.id async for one in api.departments.list().sized(2)] == [1, 2, 3, 4, 5, 6]
    assert all(one.url.params["limit"] == "2" for one in server.seen)


def test_of_many_threads_one_renews(server: Server) -> None:
    with carillon(server) as api:
        api.log_in("ann@example.com", "secret")
        with ThreadPoolExecutor(8) as threads:
            pages = list(threads.map(lambda _: api.departments.list().page(), range(16)))
    assert len(pages) == 16
    assert server.refreshed == 1


async def test_of_many_tasks_one_renews(server: Server) -> None:
    async with AsyncCarillon("http://x/behind", transport=httpx.MockTransport(server.later)) as api:
        await api.log_in("ann@example.com", "secret")
        await asyncio.gather(*(api.departments.list().page() for _ in range(16)))
    assert server.refreshed == 1


def a_file() -> Upload:
    return Upload(lambda: io.BytesIO(b"phone,timezone\n"), "text/csv")


def test_a_file_is_streamed(server: Server) -> None:
    with carillon(server, token="2") as api:
        assert api.imports.upload(a_file()).id == 7
    check_upload(server)


async def test_a_file_is_streamed_without_keeping_the_loop(server: Server) -> None:
    async with AsyncCarillon(
        "http://x/behind", token="2", transport=httpx.MockTransport(server.later)
    ) as api:
        assert (await api.imports.upload(a_file())).id == 7
    check_upload(server)


def check_upload(server: Server) -> None:
    [request] = server.asked("/clients/import")
    assert request.headers["content-type"] == "text/csv"
    assert request.headers["content-encoding"] == "gzip"
    assert "content-length" not in request.headers
    assert gzip.decompress(request.content) == b"phone,timezone\n"


def test_whoever_is_not_there_is_named() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    with (
        carillon(refuse, patience=Patience(tries=2, first_wait=0)) as api,
        pytest.raises(NotReachable, match=r"http://x/behind/api/v1/auth/me: .*refused") as caught,
    ):
        api.auth.me()
    assert not caught.value.sent


def test_an_answer_that_is_lost_may_have_been_an_answer() -> None:
    def swallow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with (
        carillon(swallow, patience=Patience(tries=1)) as api,
        pytest.raises(NotReachable, match="ReadTimeout") as caught,
    ):
        api.auth.me()
    assert caught.value.sent


@pytest.mark.parametrize("url", ["http://h", "http://h/", "http://h/api/v1", "http://h/api/v1/"])
def test_an_address_may_be_given_as_it_is_known(url: str) -> None:
    seen: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(204)

    with Carillon(url, transport=httpx.MockTransport(note)) as api:
        api.clients.delete(3)
    assert seen == ["http://h/api/v1/clients/3"]


def test_tokens_are_not_shown(server: Server) -> None:
    with carillon(server) as api:
        api.log_in("ann@example.com", "secret")
        kept = api._carrier.keeper.load()
        assert kept is not None
        assert "r1" not in repr(kept)


async def test_types_tell_what_is_there_and_what_is_awaited(server: Server) -> None:
    """Looked at by the type checker."""
    with carillon(server, token="2") as api:
        assert_type(api.departments.list(), Pages[Department])
        assert_type(api.imports.upload(a_file()), ImportAccepted)
    awaited = httpx.MockTransport(server.later)
    async with AsyncCarillon("http://x/behind", token="2", transport=awaited) as api_too:
        assert_type(api_too.departments.list(), AsyncPages[Department])
        assert_type(await api_too.imports.upload(a_file()), ImportAccepted)
