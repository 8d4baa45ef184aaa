"""Logging in through an OpenID provider: out to it, back from it, and a page's way to tokens."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.api.domain.failures import Conflict, NotOpen, Unauthorized, Unavailable
from services.api.domain.oidc import LOGIN_LASTS, Returned, choose_way
from services.api.entrypoints.http.auth_models import TokensView
from services.api.entrypoints.http.common import PREFIX, Wired
from services.api.entrypoints.http.doors import LOGINS, watched
from services.api.entrypoints.http.oidc_models import CodeBody
from services.api.entrypoints.http.problems import answers
from services.api.entrypoints.http.proxying import client_address
from services.api.handlers import oidc
from services.api.ports import Ports
from shared.runtime.logs import REQUEST_ID, facts

log = logging.getLogger(__name__)

LOGIN_PATH = f"{PREFIX}/auth/oidc/login"
CALLBACK_PATH = f"{PREFIX}/auth/oidc/callback"
TOKEN_PATH = f"{PREFIX}/auth/oidc/token"
OPEN_PATHS = frozenset({LOGIN_PATH, CALLBACK_PATH, TOKEN_PATH})

doors = APIRouter(prefix="/auth/oidc", tags=["auth"])

_COOKIE = "carillon_oidc"
# What others make up, and we only give back: without what no database takes.
_WORD = r"^[\x20-\x7e]*$"
_SENT = {"description": "On to there.", "headers": {"Location": {"schema": {"type": "string"}}}}
_WAY: dict[int | str, dict[str, Any]] = {303: _SENT}


@doors.get(
    "/login",
    summary="Log in through the provider",
    status_code=303,
    response_class=Response,
    responses=_WAY | answers(404, 422, 429, 503),
)
async def log_in(
    request: Request,
    wired: Wired,
    redirect_uri: Annotated[str | None, Query(max_length=2_000)] = None,
    code_challenge: Annotated[str | None, Query(pattern="^[A-Za-z0-9_-]{43}$")] = None,
    code_challenge_method: Literal["S256"] = "S256",  # noqa: ARG001 - there is no other
    state: Annotated[str | None, Query(max_length=500, pattern=_WORD)] = None,
    response_type: Literal["code"] = "code",  # noqa: ARG001
) -> Response:
    """For browsers, which it sends to the OpenID provider (`API_OIDC_ISSUER`). With a
    `code_challenge` (PKCE) it ends at the page `redirect_uri`, one of `API_OIDC_AFTER`, with
    `code` and `state` in the fragment; without, with tokens. 404 where no provider is set up."""
    pages = oidc.provider_here(wired).pages
    way = choose_way(pages, redirect_uri, code_challenge, state)
    with watched():
        url, key = await oidc.begin(wired, way, client_address(request))
    sent = RedirectResponse(url, 303)
    _keep(wired, sent, key)
    return sent


@doors.get(
    "/callback",
    summary="Come back from the provider",
    responses=_WAY | answers(401, 403, 404, 409, 422, 503),
    response_model=TokensView,
)
async def come_back(
    request: Request,
    response: Response,
    wired: Wired,
    state: Annotated[str, Query(max_length=500)],
    code: Annotated[str | None, Query(max_length=4_000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    iss: Annotated[str | None, Query(max_length=2_000)] = None,
) -> Any:
    """Where the provider sends the browser. A log-in is good once, for ten minutes, and in the
    browser in which it was begun."""
    key = request.cookies.get(_COOKIE, "")
    with _counted():
        end = await oidc.finish(
            wired,
            key,
            Returned(state, code, error, iss),
            client_address(request),
            REQUEST_ID.get(),
        )
    if isinstance(end, str):
        sent = RedirectResponse(end, 303)
        _forget(wired, sent)
        return sent
    _forget(wired, response)
    return TokensView.of(end)


@doors.post("/token", summary="Get tokens for a code", responses=answers(401, 404, 422, 503))
async def token(body: Annotated[CodeBody, Form()], request: Request, wired: Wired) -> TokensView:
    """For the page at which a log-in ended. A code is good once, for a minute, with the
    `code_verifier` of the challenge that the log-in was begun with."""
    address = client_address(request)
    return TokensView.of(
        await oidc.redeem(wired, body.code, body.code_verifier, address, REQUEST_ID.get())
    )


@contextmanager
def _counted() -> Iterator[None]:
    """In the log stands why somebody was not let in, but not who."""
    try:
        yield
    except (Unauthorized, NotOpen, Conflict, Unavailable) as refusal:
        LOGINS.labels(result="refused").inc()
        log.warning(
            "A log-in through the provider failed: %s",
            refusal.detail,
            extra=facts("oidc_refused", kind=type(refusal).__name__),
        )
        raise
    LOGINS.labels(result="granted").inc()


def _keep(ports: Ports, response: Response, key: str) -> None:
    """Lax: it is sent along when the provider leads back here, and never with what another page
    does here by itself."""
    lasts = int(LOGIN_LASTS.total_seconds())
    response.set_cookie(_COOKIE, key, max_age=lasts, **_where(ports))


def _forget(ports: Ports, response: Response) -> None:
    response.delete_cookie(_COOKIE, **_where(ports))


def _where(ports: Ports) -> dict[str, Any]:
    callback = urlsplit(oidc.provider_here(ports).us.callback)
    secure = callback.scheme == "https"
    return {"path": callback.path, "secure": secure, "httponly": True, "samesite": "lax"}
