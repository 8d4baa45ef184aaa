"""Who is asking: what they may do, and whose mailings they deal with."""

from dataclasses import dataclass

from services.api.domain.failures import Forbidden
from services.api.domain.rights import Right, rights_of
from services.api.domain.users import Role, User


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose mailings somebody deals with: everybody's (``departments`` is None), or those of their
    departments. Who is in none deals with the mailings that belong to none: so it is closed to
    whoever was forgotten, and a company without departments needs none."""

    departments: frozenset[int] | None

    def includes(self, department_id: int | None) -> bool:
        if self.departments is None:
            return True
        if not self.departments:
            return department_id is None
        return department_id in self.departments


EVERYTHING = Scope(None)


@dataclass(frozen=True, slots=True)
class Caller:
    """``address``: where the request came from; empty: not known. ``session_id``: the log-in that
    the request's token belongs to; ``request_id``: by which the logs tell of the request."""

    user_id: int
    address: str
    rights: frozenset[Right]
    scope: Scope = EVERYTHING
    session_id: int | None = None
    request_id: str | None = None

    def need(self, *rights: Right) -> None:
        """Raises Forbidden, naming the first of the rights that is missing."""
        for right in rights:
            if right not in self.rights:
                raise Forbidden(right)


def caller(user: User, address: str, session_id: int | None = None) -> Caller:
    scope = EVERYTHING if user.role is Role.ADMIN else Scope(user.departments)
    rights = rights_of(user.role, may_launch=user.may_launch)
    return Caller(user.id, address, rights, scope, session_id)
