"""API tokens: one's own, and a user's for an administrator."""

from fastapi import APIRouter, Request, Response

from services.api.domain.api_tokens import ApiToken
from services.api.domain.paging import Page
from services.api.domain.rights import Right
from services.api.entrypoints.http.api_tokens_models import (
    ApiTokenBody,
    ApiTokenView,
    MadeApiTokenView,
)
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    Who,
    Wired,
    location,
)
from services.api.entrypoints.http.once import holds_a_secret
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import api_tokens

router = APIRouter()

_OWN, _OF_USER = "/auth/tokens", "/users/{user_id}/tokens"


@router.get(_OWN, tags=["auth"], summary="List your API tokens", **guarded(by_log_in=True))
async def list_own(
    wired: Wired, who: Who, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[ApiTokenView]:
    """By id. What has expired is still listed for 30 days."""
    return _page(await api_tokens.list_tokens(wired, who.user_id, limit, cursor))


@router.post(
    _OWN,
    tags=["auth"],
    summary="Make an API token",
    status_code=201,
    **guarded(by_log_in=True, also=(409,)),
)
async def make_token(
    body: ApiTokenBody, request: Request, response: Response, wired: Wired, who: Who
) -> MadeApiTokenView:
    """For programs: `Authorization: Bearer carillon_…`. It may do what its scopes say, as long as
    you may do that too. Keep it: nobody can show it again. 409 when you have 100."""
    holds_a_secret(request)
    token, key = await api_tokens.make_token(wired, body.new_token(), who)
    response.headers["Location"] = location(request, f"{_OWN}/{token.id}")
    return MadeApiTokenView.made(token, key)


@router.delete(
    _OWN + "/{token_id}",
    tags=["auth"],
    summary="Revoke an API token of yours",
    status_code=204,
    **guarded(by_log_in=True, also=(404,)),
)
async def revoke_own(token_id: Id, wired: Wired, who: Who) -> None:
    """It opens nothing from its next request on."""
    await api_tokens.revoke_token(wired, who.user_id, token_id, who)


@router.get(
    _OF_USER,
    tags=["users"],
    summary="List a user's API tokens",
    **guarded(Right.USERS_WRITE, also=(404,)),
)
async def list_of_user(
    user_id: Id, wired: Wired, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[ApiTokenView]:
    """By id."""
    return _page(await api_tokens.list_tokens(wired, user_id, limit, cursor))


@router.delete(
    _OF_USER + "/{token_id}",
    tags=["users"],
    summary="Revoke an API token of a user",
    status_code=204,
    **guarded(Right.USERS_WRITE, also=(404,)),
)
async def revoke_of_user(user_id: Id, token_id: Id, wired: Wired, who: Who) -> None:
    await api_tokens.revoke_token(wired, user_id, token_id, who)


def _page(page: Page[ApiToken]) -> PageView[ApiTokenView]:
    return PageView(items=list(map(ApiTokenView.of, page.items)), next_cursor=page.next_cursor)
