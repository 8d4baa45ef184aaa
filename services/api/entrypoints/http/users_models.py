"""The JSON of users."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from services.api.domain import fields
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.rights import Right, rights_of
from services.api.domain.users import NewUser, Role, User
from services.api.entrypoints.http.common import Body, BodyId, Instant, may_be_left_out

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1_000
MOST_DEPARTMENTS = 100

UserEmail = Annotated[str, AfterValidator(fields.email), Field(examples=["ann@example.com"])]
NewPassword = Annotated[
    str,
    Field(
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        examples=["correct horse battery staple"],
        json_schema_extra={"format": "password"},
    ),
]
DepartmentIds = Annotated[list[BodyId], Field(max_length=MOST_DEPARTMENTS)]
MayLaunch = Annotated[StrictBool, Field(description="Whether they may launch mailings.")]

_USER: JsonDict = {
    "id": 2,
    "email": "ann@example.com",
    "role": "manager",
    "may_launch": True,
    "departments": [3],
    "closed": False,
    "rights": ["clients:read", "clients:write", "mailings:read"],
    "created_at": "2027-02-01T09:00:00Z",
}


class UserBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ann@example.com",
                    "password": "correct horse battery staple",
                    "role": "manager",
                    "may_launch": True,
                    "departments": [3],
                }
            ]
        }
    )

    email: UserEmail
    password: NewPassword
    role: Role = Role.VIEWER
    may_launch: MayLaunch = False
    departments: DepartmentIds = Field(default_factory=list)

    def new_user(self) -> NewUser:
        """Without the password, which nobody but its hash's maker sees."""
        departments = frozenset(self.departments)
        return NewUser(self.email, None, self.role, self.may_launch, departments)


class UserPatch(Body):
    """Only what is to change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"may_launch": False}]})

    role: Role | None = may_be_left_out()
    may_launch: MayLaunch | None = may_be_left_out()
    departments: DepartmentIds | None = may_be_left_out()
    closed: StrictBool | None = may_be_left_out(
        "True: they may not log in; their sessions and API tokens end."
    )

    def over(self, user: User, now: datetime) -> User:
        """Raises Invalid for a null, which says nothing here."""
        given = self.model_dump(exclude_unset=True)
        nulls = [name for name, value in given.items() if value is None]
        if nulls:
            raise Invalid(*(FieldFault(name, "This cannot be null.") for name in nulls))
        if "departments" in given:
            given["departments"] = frozenset(given["departments"])
        closed = given.pop("closed", user.closed_at is not None)
        return replace(user, **given, closed_at=(user.closed_at or now) if closed else None)


class UserView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_USER]})

    id: int
    email: str
    role: Role
    may_launch: bool
    departments: list[int]
    closed: bool
    rights: list[Right] = Field(description="What the role and `may_launch` come to.")
    created_at: Instant

    @classmethod
    def of(cls, user: User, rights: Collection[Right] | None = None) -> "UserView":
        """``rights``: None for all that the user has."""
        if rights is None:
            rights = rights_of(user.role, may_launch=user.may_launch)
        return cls(
            id=user.id,
            email=user.email,
            role=user.role,
            may_launch=user.may_launch,
            departments=sorted(user.departments),
            closed=user.closed_at is not None,
            rights=sorted(rights),
            created_at=user.created_at,
        )
