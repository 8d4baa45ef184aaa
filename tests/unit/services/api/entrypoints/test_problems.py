"""What is not allowed at a path, and what is; all of it known without the document of the API."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from services.api.entrypoints.http import problems
from services.api.entrypoints.http.common import answers_only
from services.api.entrypoints.http.proxying import ShownUnder


class Name(BaseModel):
    name: str


def an_api(root_path: str) -> FastAPI:
    things = APIRouter()

    @things.post("/things/import")
    async def take_all() -> None: ...

    answers_only(things, "/things/import", "POST")

    @things.get("/things")
    async def listed(limit: int = 1) -> None: ...

    @things.post("/things")
    async def add(name: Name) -> None: ...

    @things.get("/things/newest")
    async def newest() -> None: ...

    @things.get("/things/{thing_id}")
    async def shown(thing_id: int) -> None: ...

    @things.put("/things/{thing_id}")
    async def put(thing_id: int, name: Name) -> None: ...

    app = FastAPI()
    app.add_middleware(ShownUnder, root_path=root_path)
    problems.install(app)
    api = APIRouter(prefix="/api")
    api.include_router(things)
    app.include_router(api)
    return app


@pytest.mark.parametrize("root_path", ["", "/here"])
@pytest.mark.parametrize(
    ("method", "path", "code", "allowed"),
    [
        ("DELETE", "/things", 405, "GET, POST"),
        ("PATCH", "/things/7", 405, "GET, PUT"),
        ("GET", "/things/import", 405, "POST"),
        ("PUT", "/things/import", 405, "POST"),
        ("DELETE", "/things/import", 405, "POST"),
        ("PUT", "/things/newest", 405, "GET"),
        ("DELETE", "/things/newest", 405, "GET"),
        ("GET", "/things/word", 422, None),
        ("PUT", "/things/word", 422, None),
        ("GET", "/things?limit=many", 422, None),
        ("POST", "/things", 422, None),
    ],
)
async def test_what_a_path_takes(
    root_path: str, method: str, path: str, code: int, allowed: str | None
) -> None:
    app = an_api(root_path)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://api{root_path}/api"
    ) as api:
        answer = await api.request(method, path)
    assert (answer.status_code, answer.headers.get("allow")) == (code, allowed)
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert app.openapi_schema is None, "The document takes half a second, in everybody's way."
