"""A new password."""

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from services.api.entrypoints.http.common import Body, Who, Wired
from services.api.entrypoints.http.doors import watched
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.users_models import LONGEST_PASSWORD, NewPassword
from services.api.handlers import passwords

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
