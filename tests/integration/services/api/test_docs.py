import httpx
import pytest
from fastapi import FastAPI

from services.api.entrypoints.http.app import create_app
from services.api.ports import Ports

BODILESS = (
    "/launch",
    "/pause",
    "/resume",
    "/cancel",
    "/logout",
    "/erase",
    "/test",
    "/{delivery_id}/replay",
)


async def test_the_documentation_needs_no_internet(anonymous: httpx.AsyncClient) -> None:
    page = await anonymous.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/docs/assets/{asset}" in page.text
        assert (await anonymous.get(f"/docs/assets/{asset}")).status_code == 200


async def test_every_operation_is_documented(anonymous: httpx.AsyncClient) -> None:
    document = (await anonymous.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert {"Problem", "FieldError"} <= schemas.keys()
    assert "HTTPValidationError" not in schemas
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (path, method)
            assert "503" in operation["responses"], (path, method)
            if method in ("post", "put", "patch") and not path.endswith(BODILESS):
                assert operation["requestBody"], (path, method)
    for body in (
        "ClientBody",
        "ClientPatch",
        "BulkBody",
        "NewMailingBody",
        "MailingPatch",
        "TagBody",
        "TrialsBody",
        "ReplayBody",
        "ResolveBody",
        "UserBody",
        "UserPatch",
        "PasswordBody",
        "ForgotBody",
        "ResetBody",
        "RegisterBody",
        "CodeBody",
        "InvitationBody",
        "ApiTokenBody",
        "DepartmentBody",
        "BlockBody",
        "ReceiptsBody",
        "WebhookBody",
        "WebhookPatch",
        "RotateBody",
    ):
        assert schemas[body]["examples"], body
    for view in (
        "ImportSummary",
        "ImportView",
        "BulkView",
        "MailingView",
        "StoppedView",
        "RevisionView",
        "TrialsView",
        "MessageProof",
        "GroupView",
        "ParkedView",
        "OutcomeView",
        "UserView",
        "SessionView",
        "ForgotView",
        "InvitationView",
        "MadeInvitationView",
        "ApiTokenView",
        "MadeApiTokenView",
        "DepartmentView",
        "BlockView",
        "TakenView",
        "WebhookView",
        "MadeWebhookView",
        "DeliveryView",
        "EntryView",
        "ErasedView",
    ):
        assert schemas[view]["examples"], view


async def test_every_reference_in_the_document_leads_somewhere(
    anonymous: httpx.AsyncClient,
) -> None:
    answer = await anonymous.get("/openapi.json")
    names = {part.split('"')[0] for part in answer.text.split("#/components/schemas/")[1:]}
    assert names <= answer.json()["components"]["schemas"].keys()


@pytest.fixture
def behind_proxy(ports: Ports) -> FastAPI:
    return create_app(ports, service_token="", import_max_bytes=1, root_path="/carillon")


@pytest.mark.parametrize("prefix", ["", "/carillon"])
async def test_behind_a_proxy_addresses_begin_with_its_path(
    behind_proxy: FastAPI, access_token: str, prefix: str
) -> None:
    transport = httpx.ASGITransport(app=behind_proxy)
    headers = {"Authorization": f"Bearer {access_token}"}
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://x{prefix}", headers=headers
    ) as api:
        page = (await api.get("/docs")).text
        assert "/carillon/openapi.json" in page
        assert "/carillon/docs/assets/swagger-ui.css" in page
        assert (await api.get("/docs/assets/swagger-ui.css")).status_code == 200
        assert (await api.get("/api/v1/tags", headers={"Authorization": ""})).status_code == 401
        made = await api.post("/api/v1/tags", json={"name": "vip"})
        assert made.headers["location"] == "/carillon/api/v1/tags/vip"
        assert (await api.get("/openapi.json")).json()["servers"] == [{"url": "/carillon"}]
