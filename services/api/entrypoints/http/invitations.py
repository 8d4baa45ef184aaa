"""Invitations, for an administrator."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.invitations import Invitation, NewInvitation
from services.api.domain.rights import Right
from services.api.domain.users import Role
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    WHOLE,
    Body,
    Cursor,
    Id,
    Instant,
    Limit,
    PageView,
    Who,
    Wired,
    answers_only,
    language_of,
    location,
)
from services.api.entrypoints.http.once import holds_a_secret
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.users_models import DepartmentIds, MayLaunch, UserEmail
from services.api.handlers import invitations

router = APIRouter(prefix="/users/invitations", tags=["users"])

_BODY: JsonDict = {
    "email": "ann@example.com",
    "role": "manager",
    "may_launch": True,
    "departments": [3],
    "valid_days": 7,
}
_INVITATION: JsonDict = {
    "id": 8,
    "email": "ann@example.com",
    "role": "manager",
    "may_launch": True,
    "departments": [3],
    "invited_by": 1,
    "created_at": "2027-02-01T09:00:00Z",
    "expires_at": "2027-02-08T09:00:00Z",
}

Days = Annotated[int, Field(ge=1, le=90, strict=True), WHOLE]


class InvitationBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_BODY]})

    email: UserEmail
    role: Role = Role.VIEWER
    may_launch: MayLaunch = False
    departments: DepartmentIds = Field(default_factory=list)
    valid_days: Days = 7

    def new_invitation(self, now: datetime) -> NewInvitation:
        return NewInvitation(
            self.email,
            self.role,
            self.may_launch,
            frozenset(self.departments),
            now + timedelta(days=self.valid_days),
        )


class InvitationView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_INVITATION]})

    id: int
    email: str
    role: Role
    may_launch: bool
    departments: list[int]
    invited_by: int | None = Field(description="Null when that user exists no more.")
    created_at: Instant
    expires_at: Instant

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        return cls(**_told(invitation))


class MadeInvitationView(InvitationView):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_INVITATION, "token": 43 * "x", "mailed": False}]}
    )

    token: str = Field(description="To register with. It is shown this once.")
    mailed: bool = Field(description="Whether it is mailed as well.")

    @classmethod
    def made(cls, invitation: Invitation, token: str, *, mailed: bool) -> "MadeInvitationView":
        return cls(**_told(invitation), token=token, mailed=mailed)


@router.get("", summary="List invitations", **guarded(Right.USERS_WRITE))
async def list_invitations(
    wired: Wired, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[InvitationView]:
    """By id. Those that were used or revoked are gone; one that is over is listed for 30 days."""
    page = await invitations.list_invitations(wired, limit, cursor)
    return PageView(items=list(map(InvitationView.of, page.items)), next_cursor=page.next_cursor)


@router.post(
    "", summary="Invite somebody", status_code=201, **guarded(Right.USERS_WRITE, also=(409,))
)
async def invite(
    body: InvitationBody, request: Request, response: Response, wired: Wired, who: Who
) -> MadeInvitationView:
    """Whoever has the token registers with it once, under this e-mail address. 409 when somebody
    has the address, or nobody may register. Where mail is sent, they get it by mail too, in the
    language of `Accept-Language` (English, Russian)."""
    holds_a_secret(request)
    new = body.new_invitation(wired.clock.now())
    invitation, token = await invitations.invite(wired, new, language_of(request), who)
    response.headers["Location"] = location(request, f"/users/invitations/{invitation.id}")
    return MadeInvitationView.made(invitation, token, mailed=wired.postman is not None)


answers_only(router, "", "GET", "POST")


@router.delete(
    "/{invitation_id}",
    summary="Revoke an invitation",
    status_code=204,
    **guarded(Right.USERS_WRITE, also=(404,)),
)
async def revoke(invitation_id: Id, wired: Wired, who: Who) -> None:
    """Its token is good for nothing from now on."""
    await invitations.revoke(wired, invitation_id, who)


def _told(invitation: Invitation) -> dict[str, object]:
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "may_launch": invitation.may_launch,
        "departments": sorted(invitation.departments),
        "invited_by": invitation.invited_by,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }
