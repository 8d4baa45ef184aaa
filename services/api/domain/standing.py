"""What somebody is here by what they are at the OpenID provider: groups, and what these make of
them.

Where groups are mapped the mapping wins: what an administrator makes of such a user here lasts
until they log in again. Where none are it is the other way round: the administrator's word stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.api.domain.failures import NotOpen
from services.api.domain.users import Role, User, is_open_admin

_HIGHEST_FIRST = (Role.ADMIN, Role.MANAGER, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class Rules:
    """``default``: for who is in no group of ``roles``; None: they are not let in. ``joins``:
    whether who has no account yet gets one. ``links``: whether who has one, with a password, is
    taken for the same person by their e-mail address."""

    roles: Mapping[str, Role]
    launchers: frozenset[str] = frozenset()
    default: Role | None = None
    joins: bool = True
    links: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    role: Role
    may_launch: bool


def standing(rules: Rules, groups: frozenset[str], present: User | None) -> Standing:
    """``present``: their account, if they have one. Raises NotOpen."""
    role = _role(rules, groups, present)
    if role is None:
        raise NotOpen("None of your groups at the provider is let in here.")
    if rules.launchers:
        return Standing(role, bool(rules.launchers & groups))
    return Standing(role, present is not None and present.may_launch)


def moved(before: User, to: Standing, open_admins: int) -> User:
    """The user as they stand from now on. The last who administers goes on doing so."""
    after = replace(before, role=to.role, may_launch=to.may_launch)
    if is_open_admin(before) and not is_open_admin(after) and open_admins <= 1:
        return replace(after, role=before.role)
    return after


def _role(rules: Rules, groups: frozenset[str], present: User | None) -> Role | None:
    if not rules.roles and present is not None:
        return present.role
    given = {role for group, role in rules.roles.items() if group in groups}
    return next((role for role in _HIGHEST_FIRST if role in given), rules.default)
