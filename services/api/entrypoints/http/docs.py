"""Swagger UI with its own copy of the scripts, for places without the internet."""

from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from services.api.entrypoints.http.problems import Problem

_ASSETS = "/docs/assets"
_REDIRECT = "/docs/oauth2-redirect"


class DocumentedApi(FastAPI):
    """An application whose document also knows the shape of every error."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = shape.pop("$defs")
        document["components"]["schemas"] |= {**parts, Problem.__name__: shape}
        return document


def install(app: FastAPI) -> None:
    """Serves ``/docs``. The app itself must be made with ``docs_url=None``."""

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=app.title,
            oauth2_redirect_url=f"{root}{_REDIRECT}",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
            swagger_ui_parameters={"persistAuthorization": True},
        )

    @app.get(_REDIRECT, include_in_schema=False)
    async def redirect() -> HTMLResponse:
        return get_swagger_ui_oauth2_redirect_html()

    assets = files("fastapi_offline") / "static"
    app.mount(_ASSETS, StaticFiles(directory=str(assets)), name="docs-assets")
