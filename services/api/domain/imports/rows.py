"""A row of an import: what it says about one client, and what it leaves as it is.

What a file does not mention (an absent column, an absent key) stays as it is with an existing
client; an empty cell, or a null, clears it. A cleared operator code is the phone's own again.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeVar

from services.api.domain.clients import Profile
from services.api.domain.fields import Scalar, attributes, shown
from services.api.domain.guesses import zone_of
from services.api.domain.phones import operator_code_of

T = TypeVar("T")
V = TypeVar("V")


# Said where a zone is missing, so that whoever wants it finds what there is.
NO_ZONE = "A time zone is required; with guess_timezone=true it is guessed from the number."


class Unset(Enum):
    UNSET = "unset"


UNSET: Final = Unset.UNSET
MaybeUnset = Literal[Unset.UNSET]


class RowFault(ValueError):
    """Why a row cannot be taken; ``field`` is None when it is about the row as a whole."""

    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field = None if field is None else shown(field)
        self.reason = shown(reason)


class ImportRow(NamedTuple):
    """``attributes`` is a patch by key, where None takes a key away; None as a whole, all keys."""

    phone: str
    timezone: str | MaybeUnset
    operator_code: str | MaybeUnset | None = UNSET
    tags: tuple[str, ...] | MaybeUnset = UNSET
    email: str | MaybeUnset | None = UNSET
    name: str | MaybeUnset | None = UNSET
    attributes: dict[str, Scalar] | MaybeUnset | None = UNSET


class RowBlock(NamedTuple):
    """Rows that stand one after another in a file, and the offset behind each."""

    rows: Sequence[ImportRow | RowFault]
    ends: Sequence[int]


def profile_after(
    row: ImportRow, before: Profile | None, default_timezone: str | None = None
) -> Profile:
    """The client's profile once the row is applied; ``before`` is None for a new client.

    Raises RowFault when the attributes of both together are too many, and when the zone of a new
    client is neither told nor to be guessed.
    """
    if before is None:
        before = _newcomer(row, default_timezone)
    code = _set_or(row.operator_code, before.operator_code)
    return Profile(
        phone=row.phone,
        operator_code=code or operator_code_of(row.phone),
        timezone=_set_or(row.timezone, before.timezone),
        timezone_guessed=before.timezone_guessed and row.timezone is UNSET,
        tags=_set_or(row.tags, before.tags),
        email=_set_or(row.email, before.email),
        name=_set_or(row.name, before.name),
        attributes=_patched(before.attributes, row.attributes),
    )


def checked(field: str, rule: Callable[[V], T], value: V) -> T:
    """What the rule makes of the value. Raises RowFault, naming the field, when it refuses."""
    try:
        return rule(value)
    except ValueError as error:
        raise RowFault(field, str(error)) from None


def _newcomer(row: ImportRow, default_timezone: str | None) -> Profile:
    plain = Profile(row.phone, operator_code_of(row.phone), "")
    if row.timezone is not UNSET:
        return plain._replace(timezone=row.timezone)
    try:
        zone = zone_of(row.phone)
    except ValueError as error:
        if default_timezone is None:
            raise RowFault("timezone", str(error)) from None
        zone = default_timezone
    return plain._replace(timezone=zone, timezone_guessed=True)


def _set_or(value: T | MaybeUnset, otherwise: T) -> T:
    return otherwise if value is UNSET else value


def _patched(
    before: Mapping[str, Scalar], patch: dict[str, Scalar] | MaybeUnset | None
) -> Mapping[str, Scalar]:
    if patch is UNSET:
        return before
    if patch is None:
        return {}
    merged = {key: value for key, value in {**before, **patch}.items() if value is not None}
    return checked("attributes", attributes, merged)
