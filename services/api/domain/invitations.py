"""Who may make themselves an account.

The first account of all administers, for somebody must. It may only be registered where the
environment names no administrator: else whoever is quicker than the service's start would be it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.api.domain.failures import Conflict, FieldFault, Invalid, NotOpen
from services.api.domain.users import NewUser, Role


class RegistrationMode(StrEnum):
    OPEN = "open"
    INVITATION = "invitation"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Registration:
    """``first_may``: whether the first account may be registered."""

    mode: RegistrationMode
    first_may: bool = True

    def check_inviting(self) -> None:
        """Raises Conflict when nobody could use an invitation."""
        if self.mode is RegistrationMode.CLOSED:
            raise Conflict("Nobody may register here (API_REGISTRATION); add the user instead.")


@dataclass(frozen=True, slots=True)
class NewInvitation:
    email: str
    role: Role
    may_launch: bool
    departments: frozenset[int]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """``invited_by``: None when that user exists no more."""

    id: int
    email: str
    role: Role
    may_launch: bool
    departments: frozenset[int]
    created_at: datetime
    expires_at: datetime
    invited_by: int | None

    def is_good(self, email: str, now: datetime) -> bool:
        return self.email.lower() == email.lower() and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Comer:
    """Who wants to register. ``shown``: whether they brought an invitation's token, and
    ``invitation`` the one that it is of, if there is one."""

    email: str
    shown: bool = False
    invitation: Invitation | None = None


def newcomer(registration: Registration, comer: Comer, *, is_first: bool, now: datetime) -> NewUser:
    """The user whom they become, without a password. Raises NotOpen, Invalid."""
    if registration.mode is RegistrationMode.CLOSED:
        raise NotOpen("Nobody may register here; ask an administrator.")
    if is_first:
        if not registration.first_may:
            raise NotOpen("The first administrator is yet to come.")
        return NewUser(comer.email, None, Role.ADMIN, may_launch=True)
    if comer.shown:
        return _invited(comer, now)
    if registration.mode is RegistrationMode.INVITATION:
        raise NotOpen("Registering needs an invitation; ask an administrator.")
    return NewUser(comer.email, None, Role.VIEWER)


def _invited(comer: Comer, now: datetime) -> NewUser:
    """One sentence for all that may be wrong, so that who found a token learns nothing of it."""
    found = comer.invitation
    if found is None or not found.is_good(comer.email, now):
        reason = "It is unknown, used, revoked or over, or it is for another address."
        raise Invalid(FieldFault("invitation", reason))
    return NewUser(comer.email, None, found.role, found.may_launch, found.departments)
