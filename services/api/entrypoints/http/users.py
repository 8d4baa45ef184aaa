"""Users, for an administrator."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.domain.rights import Right
from services.api.domain.users import Role, UserFilter
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
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.users_models import UserBody, UserEmail, UserPatch, UserView
from services.api.handlers import users

router = APIRouter(prefix="/users", tags=["users"])

EmailFilter = Annotated[UserEmail | None, Query()]
RoleFilter = Annotated[Role | None, Query()]
DepartmentFilter = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("", summary="List users", **guarded(Right.USERS_WRITE))
async def list_users(
    wired: Wired,
    email: EmailFilter = None,
    role: RoleFilter = None,
    department_id: DepartmentFilter = None,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> PageView[UserView]:
    """By id. Filters given together must all match."""
    wanted = UserFilter(email, role, department_id)
    page = await users.list_users(wired, wanted, limit, cursor)
    return PageView(items=list(map(UserView.of, page.items)), next_cursor=page.next_cursor)


@router.post("", summary="Add a user", status_code=201, **guarded(Right.USERS_WRITE, also=(409,)))
async def add_user(
    body: UserBody, request: Request, response: Response, wired: Wired, who: Who
) -> UserView:
    """An e-mail address belongs to one user, whatever its case: 409 names who has it."""
    user = await users.add_user(wired, body.new_user(), body.password, who)
    response.headers["Location"] = location(request, f"/users/{user.id}")
    return UserView.of(user)


@router.get("/{user_id}", summary="Get a user", **guarded(Right.USERS_WRITE, also=(404,)))
async def get_user(user_id: Id, wired: Wired) -> UserView:
    return UserView.of(await users.get_user(wired, user_id))


@router.patch("/{user_id}", summary="Change a user", **guarded(Right.USERS_WRITE, also=(404, 409)))
async def change_user(user_id: Id, body: UserPatch, wired: Wired, who: Who) -> UserView:
    """It holds from their next request on. 409 when nobody would be left to administer."""
    now = wired.clock.now()
    user = await users.change_user(wired, user_id, lambda before: body.over(before, now), who)
    return UserView.of(user)


@router.delete(
    "/{user_id}",
    summary="Remove a user",
    status_code=204,
    **guarded(Right.USERS_WRITE, also=(404, 409)),
)
async def remove_user(user_id: Id, wired: Wired, who: Who) -> None:
    """They are logged out; what they did stays in the audit. 409 when nobody would be left to
    administer."""
    await users.remove_user(wired, user_id, who)
