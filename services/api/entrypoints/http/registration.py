"""Registering, which is open to strangers as far as the setting says."""

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from services.api.entrypoints.http.common import PREFIX, Body, Wired
from services.api.entrypoints.http.doors import watched
from services.api.entrypoints.http.problems import answers
from services.api.entrypoints.http.proxying import client_address
from services.api.entrypoints.http.users_models import NewPassword, UserEmail, UserView
from services.api.handlers import invitations

REGISTER_PATH = f"{PREFIX}/auth/register"

doors = APIRouter(prefix="/auth", tags=["auth"])


class RegisterBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ann@example.com",
                    "password": "correct horse battery staple",
                    "invitation": 43 * "x",
                }
            ]
        }
    )

    email: UserEmail
    password: NewPassword
    invitation: str | None = Field(
        default=None, max_length=200, description="The token that you were given or mailed."
    )


@doors.post(
    "/register",
    summary="Make yourself an account",
    status_code=201,
    responses=answers(403, 409, 422, 429, 503),
)
async def register(body: RegisterBody, request: Request, wired: Wired) -> UserView:
    """403 when it needs an invitation, or nobody may (`API_REGISTRATION`). Who is invited becomes
    what the invitation says; anybody else a viewer; the first of all an administrator, where the
    server was told of none. 409 when somebody has the address."""
    with watched():
        user = await invitations.register(
            wired, body.email, body.password, body.invitation, client_address(request)
        )
    return UserView.of(user)
