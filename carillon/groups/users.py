"""Users, departments, the audit: for an administrator."""

from datetime import datetime
from os import PathLike
from typing import Unpack

from carillon.bodies import InvitationFields, UserChanges, UserFields
from carillon.calls import Call, delete, download, get, patch, post
from carillon.downloads import Download, to_path
from carillon.models.base import Page
from carillon.models.users import (
    Action,
    ApiToken,
    AuditEntry,
    Department,
    Invitation,
    MadeInvitation,
    Role,
    User,
)
from carillon.operations import C, Group, listing, operation

_USER = "/users/{user_id}"
_DEPARTMENT = "/departments/{department_id}"


class Users(Group[C]):
    @listing
    def list(
        self,
        *,
        email: str | None = None,
        role: Role | str | None = None,
        department_id: int | None = None,
    ) -> Call[Page[User]]:
        query = {"email": email, "role": role, "department_id": department_id}
        return get("/users", Page[User], query=query)

    @operation
    def create(self, **fields: Unpack[UserFields]) -> Call[User]:
        return post("/users", User, fields)

    @operation
    def get(self, user_id: int) -> Call[User]:
        return get(_USER, User, user_id=user_id)

    @operation
    def change(self, user_id: int, **changes: Unpack[UserChanges]) -> Call[User]:
        """It holds from their next request on."""
        return patch(_USER, User, changes, user_id=user_id)

    @operation
    def delete(self, user_id: int) -> Call[None]:
        """They are logged out; what they did stays in the audit."""
        return delete(_USER, user_id=user_id)

    @listing
    def tokens(self, user_id: int) -> Call[Page[ApiToken]]:
        """Their API tokens."""
        return get(f"{_USER}/tokens", Page[ApiToken], user_id=user_id)

    @operation
    def revoke_token(self, user_id: int, token_id: int) -> Call[None]:
        return delete(f"{_USER}/tokens/{{token_id}}", user_id=user_id, token_id=token_id)

    @listing
    def invitations(self) -> Call[Page[Invitation]]:
        return get("/users/invitations", Page[Invitation])

    @operation
    def invite(self, **fields: Unpack[InvitationFields]) -> Call[MadeInvitation]:
        """Whoever has its token registers with it once, under this e-mail address."""
        return post("/users/invitations", MadeInvitation, fields)

    @operation
    def revoke_invitation(self, invitation_id: int) -> Call[None]:
        return delete("/users/invitations/{invitation_id}", invitation_id=invitation_id)


class Departments(Group[C]):
    @listing
    def list(self) -> Call[Page[Department]]:
        return get("/departments", Page[Department])

    @operation
    def create(self, name: str) -> Call[Department]:
        return post("/departments", Department, {"name": name})

    @operation
    def get(self, department_id: int) -> Call[Department]:
        return get(_DEPARTMENT, Department, department_id=department_id)

    @operation
    def rename(self, department_id: int, name: str) -> Call[Department]:
        return patch(_DEPARTMENT, Department, {"name": name}, department_id=department_id)

    @operation
    def delete(self, department_id: int) -> Call[None]:
        return delete(_DEPARTMENT, department_id=department_id)


class Audit(Group[C]):
    @listing
    def list(
        self,
        *,
        user_id: int | None = None,
        action: Action | str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Call[Page[AuditEntry]]:
        """Newest first, from ``since`` on, before ``until``; ``subject`` such as "mailings/7".
        Nothing is ever changed in it or taken out."""
        query = {"user_id": user_id, "action": action, "subject": subject}
        return get("/audit", Page[AuditEntry], query=query | {"from": since, "to": until})

    @operation
    def export(
        self,
        to: Download | str | PathLike[str],
        *,
        user_id: int | None = None,
        action: Action | str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Call[None]:
        """All that ``list`` would give, as CSV."""
        file = to if isinstance(to, Download) else to_path(to, "text/csv")
        query = {"user_id": user_id, "action": action, "subject": subject}
        return download("/audit/export", file, query=query | {"from": since, "to": until})
