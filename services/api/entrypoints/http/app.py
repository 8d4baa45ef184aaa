"""The application: every route, behind the gatekeepers."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer, OAuth2AuthorizationCodeBearer, OAuth2PasswordBearer
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from services.api.entrypoints.http import (
    account,
    api_tokens,
    audit,
    auth,
    blocks,
    bulk,
    client_data,
    clients,
    dead_letters,
    departments,
    docs,
    explain,
    exports,
    heading,
    imports,
    internal,
    invitations,
    lifecycle,
    mailings,
    messages,
    oidc,
    passwords,
    plans,
    problems,
    receipts,
    registration,
    sessions,
    statistics,
    tags,
    trials,
    users,
    webhooks,
)
from services.api.entrypoints.http.common import PREFIX, known_parameters_once
from services.api.entrypoints.http.gatekeeping import BodyLimit, Closed
from services.api.entrypoints.http.metrics import Measured
from services.api.entrypoints.http.once import OnceOnly
from services.api.entrypoints.http.permissions import API_TOKEN
from services.api.entrypoints.http.proxying import ShownUnder
from services.api.entrypoints.http.sparing import Sparing
from services.api.handlers.auth import recognise
from services.api.ports import Ports

_ABOUT = """
Carillon sends a company's mailings so that each client gets the message at their own local time.

Errors are problem documents (RFC 9457) that name each wrong field. Lists come in pages: pass
`next_cursor` of one page as `cursor` of the next. Instants are in UTC; local times have no offset.
"""

_BEARER = "An API token (`carillon_…`, from `POST /auth/tokens`), or an access token."

# A path that names something goes before one that takes any name in its place.
_PARTS = (
    *(imports, exports, bulk, clients, client_data, explain, tags, blocks),
    *(plans, mailings, lifecycle, trials),
    *(statistics, messages, dead_letters, audit),
    *(auth, sessions, passwords, api_tokens, invitations, users, departments),
    webhooks,
)

_OPEN = frozenset(
    {
        *(auth.LOGIN_PATH, auth.REFRESH_PATH, registration.REGISTER_PATH),
        *(passwords.FORGOT_PATH, passwords.RESET_PATH),
        *oidc.OPEN_PATHS,
    }
)
# What passes through, of any length.
_STREAMED = frozenset({imports.IMPORT_PATH})

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    ports: Ports,
    *,
    service_token: str,
    import_max_bytes: int,
    root_path: str = "",
    cors_origins: Sequence[str] = (),
    health: Sequence[BaseRoute] = (),
    through_provider: bool = False,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """``through_provider``: whether the documentation offers to log in through the provider."""
    app = docs.DocumentedApi(
        title="Carillon",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(ShownUnder, root_path=root_path),
            Middleware(Measured),
            *heading.cors(cors_origins),
            Middleware(
                Closed,
                prefix=f"{PREFIX}/",
                open_paths=_OPEN,
                open_under=(receipts.RECEIPTS_UNDER,),
                recognise=recognise,
            ),
            Middleware(BodyLimit, unlimited_paths=_STREAMED),
            Middleware(OnceOnly, streamed_paths=_STREAMED, largest=import_max_bytes),
            Middleware(Sparing),
        ],
    )
    app.state.ports = ports
    app.state.service_token = service_token
    app.state.import_max_bytes = import_max_bytes
    problems.install(app)
    app.include_router(_public(through_provider=through_provider))
    app.include_router(internal.router)
    app.router.routes.extend(health)
    docs.install(app)
    account.install(app)
    return app


def _public(*, through_provider: bool) -> APIRouter:
    """Closed by the gatekeeper; that each route says so too is for the documentation."""
    locked = [
        Depends(OAuth2PasswordBearer(auth.LOGIN_PATH.lstrip("/"), auto_error=False)),
        Depends(HTTPBearer(scheme_name=API_TOKEN, description=_BEARER, auto_error=False)),
        Depends(known_parameters_once),
    ]
    if through_provider:
        locked.append(Depends(_through_provider()))
    api = APIRouter(prefix=PREFIX)
    api.include_router(auth.doors)
    api.include_router(registration.doors)
    api.include_router(passwords.doors)
    api.include_router(oidc.doors)
    api.include_router(receipts.doors)
    for part in _PARTS:
        api.include_router(part.router, dependencies=locked)
    return api


def _through_provider() -> OAuth2AuthorizationCodeBearer:
    """We are the provider of the documentation, and send the browser on to the real one."""
    return OAuth2AuthorizationCodeBearer(
        authorizationUrl=oidc.LOGIN_PATH.lstrip("/"),
        tokenUrl=oidc.TOKEN_PATH.lstrip("/"),
        scheme_name="OpenIdProvider",
        description="Log in through your company's OpenID provider (PKCE).",
        auto_error=False,
    )
