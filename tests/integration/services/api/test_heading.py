"""What every answer tells browsers, and which other origins may call."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest
from fastapi import FastAPI

from services.api.entrypoints.http.app import create_app
from services.api.ports import Ports
from tests.integration.services.api.conftest import FakeStatistics

HOME, DESK = "https://evil.example", "https://desk.example.com"
CALL = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


def is_guarded(answer: httpx.Response) -> bool:
    headers = answer.headers
    return (
        headers["x-content-type-options"] == "nosniff"
        and headers["referrer-policy"] == "no-referrer"
        and headers["x-frame-options"] == "DENY"
        and "frame-ancestors 'none'" in headers["content-security-policy"]
        and "default-src 'none'" in headers["content-security-policy"]
    )


async def test_every_answer_of_every_kind_has_them(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    stats.failure = RuntimeError("a bug of ours")
    answers = {
        200: await api.get("/clients"),
        201: await api.post("/tags", json={"name": "vip"}),
        204: await api.delete("/tags/vip"),
        401: await anonymous.get("/api/v1/clients"),
        404: await api.get("/tags/none"),
        405: await api.delete("/clients"),
        413: await api.post("/tags", content=b"x" * (1 << 21)),
        422: await api.post("/tags", json={}),
        500: await api.get("/statistics"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status, answer.text
        assert is_guarded(answer), status
        assert answer.headers["cache-control"] == "no-store"


async def test_a_page_may_run_its_own_scripts_only(anonymous: httpx.AsyncClient) -> None:
    for path in ("/docs", "/docs/oauth2-redirect"):
        page = await anonymous.get(path)
        assert is_guarded(page)
        policy = page.headers["content-security-policy"]
        [script] = re.findall(r"<script>(.+?)</script>", page.text, re.DOTALL)
        allowed = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
        assert f"script-src 'self' {allowed};" in policy
        assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
        assert "unsafe-eval" not in policy


async def test_only_what_is_everybodys_is_kept(anonymous: httpx.AsyncClient) -> None:
    asset = await anonymous.get("/docs/assets/swagger-ui.css")
    assert asset.headers["cache-control"].startswith("public")
    assert (await anonymous.get("/docs")).headers["cache-control"] == "no-store"
    # Nor does a path that looks like one of theirs make anything else to be kept.
    other = await anonymous.get("/api/v1/docs/assets/swagger-ui.css")
    assert other.headers["cache-control"] == "no-store"


async def test_no_other_origin_may_call(api: httpx.AsyncClient) -> None:
    asked = await api.options("/clients", headers={"Origin": HOME, **CALL})
    assert not asked.is_success
    called = await api.get("/clients", headers={"Origin": HOME})
    for answer in (asked, called):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.fixture
def shared_app(ports: Ports) -> FastAPI:
    return create_app(ports, service_token="", import_max_bytes=1, cors_origins=[DESK])


async def test_an_origin_that_is_named_may_call(shared_app: FastAPI, access_token: str) -> None:
    transport = httpx.ASGITransport(app=shared_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api/api/v1") as api:
        asked = await api.options("/clients", headers={"Origin": DESK, **CALL})
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == DESK
        assert "access-control-allow-credentials" not in asked.headers
        token = {"Authorization": f"Bearer {access_token}"}
        called = await api.get("/clients", headers={"Origin": DESK, **token})
        assert called.headers["access-control-allow-origin"] == DESK
        refused = await api.get("/clients", headers={"Origin": DESK})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == DESK
        for other in (HOME, "null", f"{DESK}.evil.example"):
            stranger = await api.options("/clients", headers={"Origin": other, **CALL})
            assert "access-control-allow-origin" not in stranger.headers
            assert not stranger.is_success
