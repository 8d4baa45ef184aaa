"""A new password."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.api.domain.mails import RESET_GOOD_FOR
from services.api.entrypoints.http.common import PREFIX, Body, Who, Wired, language_of
from services.api.entrypoints.http.doors import watched
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.problems import answers
from services.api.entrypoints.http.proxying import client_address
from services.api.entrypoints.http.users_models import LONGEST_PASSWORD, NewPassword, UserEmail
from services.api.handlers import mails, passwords

FORGOT_PATH = f"{PREFIX}/auth/password/forgot"
RESET_PATH = f"{PREFIX}/auth/password/reset"

doors = APIRouter(prefix="/auth/password", tags=["auth"])
router = APIRouter(prefix="/auth/password", tags=["auth"])


class PasswordBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "current_password": "correct horse battery staple",
                    "new_password": "a wholly different sentence",
                }
            ]
        }
    )

    current_password: str = Field(max_length=LONGEST_PASSWORD)
    new_password: NewPassword


@router.post(
    "",
    summary="Change your password",
    status_code=204,
    **guarded(by_log_in=True, also=(409, 429)),
)
async def change_password(body: PasswordBody, wired: Wired, who: Who) -> None:
    """Ends all other sessions; API tokens go on. 422 when the current password is another one:
    each try counts as one to log in. 409 for an account that has none."""
    with watched():
        await passwords.change_password(wired, body.current_password, body.new_password, who)


class ForgotBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ann@example.com"}]})

    email: UserEmail


class ForgotView(BaseModel):
    """The same whether somebody has the address or not."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"good_for_seconds": 3600}]})

    good_for_seconds: int = Field(description="How long the mail's token is good, if one is sent.")


class ResetBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"token": 43 * "x", "password": "a wholly different sentence"}]
        }
    )

    token: str = Field(max_length=200, description="Of the mail.")
    password: NewPassword


@doors.post(
    "/forgot",
    summary="Ask for a new password by mail",
    status_code=202,
    responses=answers(409, 422, 429, 503),
)
async def forgot(body: ForgotBody, request: Request, wired: Wired) -> ForgotView:
    """Answers the same, in the same time, whether somebody has the address or not. The mail is in
    the language of `Accept-Language` (English, Russian). 409 where no mail is sent: it says what an
    operator must set."""
    with watched():
        address, language = client_address(request), language_of(request)
        await mails.ask_for_reset(wired, body.email, address, language)
    return ForgotView(good_for_seconds=int(RESET_GOOD_FOR.total_seconds()))


@doors.post(
    "/reset",
    summary="Set a new password with the token of a mail",
    status_code=204,
    responses=answers(422, 503),
)
async def reset(body: ResetBody, request: Request, wired: Wired) -> None:
    """The token is good once, for an hour. Ends every session; API tokens go on."""
    await passwords.reset_password(wired, body.token, body.password, client_address(request))
