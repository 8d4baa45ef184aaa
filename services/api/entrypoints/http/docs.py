"""Swagger UI with its own copy of the scripts, for places without the internet."""

import re
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from services.api.entrypoints.http.conventions import tell_conventions
from services.api.entrypoints.http.heading import Headed, page_policy
from services.api.entrypoints.http.languages.listening import Listening
from services.api.entrypoints.http.permissions import tell_needs
from services.api.entrypoints.http.problems import Problem
from services.api.entrypoints.http.tracing import Traced

_ASSETS = "/docs/assets"
REDIRECT = "/docs/oauth2-redirect"
# Any name does: our door asks for none, but for the challenge.
_OAUTH = {"clientId": "docs", "usePkceWithAuthorizationCodeGrant": True}
_INLINE_SCRIPT = re.compile(rb"<script>(.+?)</script>", re.DOTALL)


class DocumentedApi(FastAPI):
    """An application whose document also knows the shape of every error, and whose every answer
    says what browsers may do with it."""

    def build_middleware_stack(self) -> ASGIApp:
        """Around everything, for even what answers 500 stands outside of all other layers."""
        return Headed(Traced(Listening(super().build_middleware_stack())))

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema:
            return self.openapi_schema
        document = super().openapi()
        tell_needs(document)
        tell_conventions(document)
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = shape.pop("$defs")
        document["components"]["schemas"] |= {**parts, Problem.__name__: shape}
        return document


class _Assets(StaticFiles):
    """The same for everybody, so they may be kept; they change with a release."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        answer = super().file_response(*args, **options)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer


def install(app: FastAPI) -> None:
    """Serves ``/docs``. The app itself must be made with ``docs_url=None``."""

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        return with_its_scripts(
            get_swagger_ui_html(
                openapi_url=f"{root}{app.openapi_url}",
                title=app.title,
                oauth2_redirect_url=f"{root}{REDIRECT}",
                swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
                swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
                swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
                swagger_ui_parameters={"persistAuthorization": True},
                init_oauth=_OAUTH,
            )
        )

    @app.get(REDIRECT, include_in_schema=False)
    async def redirect() -> HTMLResponse:
        return with_its_scripts(get_swagger_ui_oauth2_redirect_html())

    assets = files("fastapi_offline") / "static"
    app.mount(_ASSETS, _Assets(directory=str(assets)), name="docs-assets")


def with_its_scripts(page: HTMLResponse) -> HTMLResponse:
    """Allows the scripts that stand in the page, and no others."""
    scripts = _INLINE_SCRIPT.findall(bytes(page.body))
    page.headers["Content-Security-Policy"] = page_policy(scripts)
    return page
