"""What somebody may do: rights, and the roles that come with them.

To launch is a right of its own: whoever writes a mailing need not be the one who may set it going.
"""

from collections.abc import Mapping
from enum import StrEnum

from services.api.domain.users import Role


class Right(StrEnum):
    """``what:how``; the scopes of API tokens bear the same names."""

    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    MAILINGS_READ = "mailings:read"
    MAILINGS_WRITE = "mailings:write"
    MAILINGS_LAUNCH = "mailings:launch"
    STATISTICS_READ = "statistics:read"
    DEAD_LETTERS_READ = "dead-letters:read"
    DEAD_LETTERS_WRITE = "dead-letters:write"
    USERS_WRITE = "users:write"
    AUDIT_READ = "audit:read"
    WEBHOOKS_WRITE = "webhooks:write"


_LOOKS = frozenset(
    {
        Right.CLIENTS_READ,
        Right.MAILINGS_READ,
        Right.STATISTICS_READ,
        Right.DEAD_LETTERS_READ,
    }
)
_WORKS = _LOOKS | {Right.CLIENTS_WRITE, Right.MAILINGS_WRITE, Right.DEAD_LETTERS_WRITE}
_OF_ROLE: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: _LOOKS,
    Role.MANAGER: _WORKS,
    Role.ADMIN: _WORKS | {Right.USERS_WRITE, Right.AUDIT_READ, Right.WEBHOOKS_WRITE},
}


def rights_of(role: Role, *, may_launch: bool) -> frozenset[Right]:
    """A viewer launches nothing, whatever is said of them: they change nothing either."""
    rights = _OF_ROLE[role]
    if may_launch and Right.MAILINGS_WRITE in rights:
        return rights | {Right.MAILINGS_LAUNCH}
    return rights
