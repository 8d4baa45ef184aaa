"""Who is asking: what they may do, and whose mailings they deal with."""

from dataclasses import dataclass

from services.api.domain.api_tokens import ApiToken
from services.api.domain.failures import Forbidden, LogInNeeded
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
    the request's token belongs to; ``token_id``: the API token that came instead; ``request_id``:
    by which the logs tell of the request."""

    user_id: int
    address: str
    rights: frozenset[Right]
    scope: Scope = EVERYTHING
    session_id: int | None = None
    request_id: str | None = None
    token_id: int | None = None

    def need(self, *rights: Right) -> None:
        """Raises Forbidden, naming the first of the rights that is missing."""
        for right in rights:
            if right not in self.rights:
                raise Forbidden(right)

    def need_log_in(self) -> int:
        """The session. Raises LogInNeeded for whoever came with an API token: one that was stolen
        must neither make itself others nor shut its owner out."""
        if self.session_id is None:
            raise LogInNeeded
        return self.session_id


def caller(user: User, address: str, session_id: int) -> Caller:
    return Caller(user.id, address, _rights(user), _scope(user), session_id=session_id)


def caller_by_token(user: User, address: str, token: ApiToken) -> Caller:
    """May do what both the user and the token may."""
    rights = _rights(user) & token.scopes
    return Caller(user.id, address, rights, _scope(user), token_id=token.id)


def _rights(user: User) -> frozenset[Right]:
    return rights_of(user.role, may_launch=user.may_launch)


def _scope(user: User) -> Scope:
    return EVERYTHING if user.role is Role.ADMIN else Scope(user.departments)
