"""Logging in."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.api.domain.failures import Unauthorized
from services.api.domain.users import Tokens
from services.api.entrypoints.http.auth_models import (
    Credentials,
    RefreshBody,
    TokensView,
)
from services.api.entrypoints.http.common import PREFIX, Who, Wired
from services.api.entrypoints.http.doors import LOGINS, watched
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.problems import answers
from services.api.entrypoints.http.proxying import client_address
from services.api.entrypoints.http.users_models import UserView
from services.api.handlers import auth, users
from services.api.ports import Ports
from shared.runtime.logs import REQUEST_ID

LOGIN_PATH = f"{PREFIX}/auth/login"
REFRESH_PATH = f"{PREFIX}/auth/refresh"

# Open to strangers; everything else is closed.
doors = APIRouter(prefix="/auth", tags=["auth"])
router = APIRouter(prefix="/auth", tags=["auth"])

_FORM = "application/x-www-form-urlencoded"
_FORM_SCHEMA = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {
        "grant_type": {"type": "string"},
        "username": {"type": "string", "description": "The e-mail address."},
        "password": {"type": "string", "format": "password"},
    },
}
_LOGIN_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Credentials.model_json_schema()},
            _FORM: {"schema": _FORM_SCHEMA},
        },
    }
}


@doors.post(
    "/login", summary="Log in", responses=answers(401, 422, 429, 503), openapi_extra=_LOGIN_BODY
)
async def log_in(request: Request, wired: Wired) -> TokensView:
    """With JSON, or with the form of OAuth 2 (its `username` is the e-mail address)."""
    credentials = await _credentials(request)
    tokens = await _counted(wired, credentials, client_address(request))
    return TokensView.of(tokens)


@doors.post("/refresh", summary="Get new tokens", responses=answers(401, 422, 503))
async def refresh(body: RefreshBody, request: Request, wired: Wired) -> TokensView:
    """A refresh token is good once. One that comes a second time ends the session: two have it."""
    where = client_address(request)
    return TokensView.of(await auth.refresh(wired, body.refresh_token, where, REQUEST_ID.get()))


@router.post("/logout", summary="Log out", status_code=204, **guarded(by_log_in=True))
async def log_out(wired: Wired, who: Who) -> None:
    """The access token and the refresh token of this session are good for nothing from now on."""
    await auth.log_out(wired, who)


@router.get("/me", summary="Who am I?", **guarded())
async def me(wired: Wired, who: Who) -> UserView:
    """`rights` are those of the request: with an API token no more than its scopes."""
    return UserView.of(await users.who_am_i(wired, who), who.rights)


async def _counted(ports: Ports, credentials: Credentials, address: str) -> Tokens:
    try:
        with watched():
            tokens = await auth.log_in(
                ports, credentials.email, credentials.password, address, REQUEST_ID.get()
            )
    except Unauthorized:
        LOGINS.labels(result="refused").inc()
        raise
    LOGINS.labels(result="granted").inc()
    return tokens


async def _credentials(request: Request) -> Credentials:
    try:
        if request.headers.get("content-type", "").startswith(_FORM):
            return Credentials.model_validate(await _form(request))
        return Credentials.model_validate_json(await request.body())
    except ValidationError as error:
        located = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(located) from None


async def _form(request: Request) -> dict[str, Any]:
    """Client id, scope and the rest of the form of OAuth 2 say nothing to us."""
    form = await request.form()
    names = {"username": "email", "password": "password"}
    return {ours: form[theirs] for theirs, ours in names.items() if theirs in form}
