"""CSV: the header names the fields, in any order; each row is read by it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import TypeVar

from services.api.domain import fields, phones
from services.api.domain.cells import restored
from services.api.domain.fields import Scalar
from services.api.domain.imports.rows import (
    NO_ZONE,
    UNSET,
    ImportRow,
    MaybeUnset,
    RowFault,
    checked,
)

T = TypeVar("T")

REQUIRED = ("phone", "timezone")
OPTIONAL = ("operator_code", "tags", "email", "name")
ATTRIBUTE_PREFIX = "attributes."
_AS_THEY_ARE: Mapping[str, str] = {}


class BadHeader(ValueError):
    """The file cannot be read at all; ``column`` is the one it fails at."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(fields.shown(reason))
        self.column = None if column is None else fields.shown(column)


class Columns:
    """Where each field stands in a row. Raises BadHeader when the header does not tell.

    ``ours``: what a column is here that the header calls otherwise; empty: it is passed over.
    ``guess_timezone``: a zone need not be told.
    """

    def __init__(
        self,
        header: Sequence[str],
        ours: Mapping[str, str] = _AS_THEY_ARE,
        *,
        guess_timezone: bool = False,
    ) -> None:
        names = _mapped([name.strip() for name in header], ours)
        _check(names, ("phone",) if guess_timezone else REQUIRED)
        self._width = len(names)
        self._phone = names.index("phone")
        self._timezone = _index(names, "timezone")
        self._zone_of: Callable[[str], str | MaybeUnset] = (
            _timezone_if_told if guess_timezone else _timezone
        )
        self._operator_code = _index(names, "operator_code")
        self._tags = _index(names, "tags")
        self._email = _index(names, "email")
        self._name = _index(names, "name")
        self._attributes = {
            name.removeprefix(ATTRIBUTE_PREFIX): position
            for position, name in enumerate(names)
            if name is not None and name.startswith(ATTRIBUTE_PREFIX)
        }

    def read_all(self, rows: Sequence[Sequence[str]]) -> list[ImportRow | RowFault]:
        """Column by column: a row costs half of what ``read`` does. If any is wrong, row by row."""
        try:
            return list(self._by_columns(rows))
        except ValueError:  # a RowFault, or rows of different length
            return [self._read_or_fault(cells) for cells in rows]

    def _by_columns(self, rows: Sequence[Sequence[str]]) -> Iterator[ImportRow]:
        columns = list(zip(*rows, strict=True))
        if len(columns) != self._width or self._attributes:
            raise ValueError("These rows are read one by one.")
        numbers = columns[self._phone]
        return map(
            ImportRow,
            numbers if all(map(phones.is_plain, numbers)) else map(_phone, numbers),
            _optional(self._zone_of, columns, self._timezone),
            _optional(_operator_code, columns, self._operator_code),
            _optional(_tags, columns, self._tags),
            _optional(_email, columns, self._email),
            _optional(_name, columns, self._name),
        )

    def _read_or_fault(self, cells: Sequence[str]) -> ImportRow | RowFault:
        try:
            return self.read(cells)
        except RowFault as fault:
            return fault

    def read(self, cells: Sequence[str]) -> ImportRow:
        """Raises RowFault on the first thing in the row that is wrong."""
        if len(cells) != self._width:
            raise RowFault(None, f"The row has {len(cells)} cells, the header {self._width}.")
        return ImportRow(
            _phone(cells[self._phone]),
            UNSET if self._timezone is None else self._zone_of(cells[self._timezone]),
            UNSET if self._operator_code is None else _operator_code(cells[self._operator_code]),
            UNSET if self._tags is None else _tags(cells[self._tags]),
            UNSET if self._email is None else _email(cells[self._email]),
            UNSET if self._name is None else _name(cells[self._name]),
            self._attributes_in(cells) if self._attributes else UNSET,
        )

    def _attributes_in(self, cells: Sequence[str]) -> dict[str, Scalar]:
        given = {
            key: restored(cells[position].strip()) or None
            for key, position in self._attributes.items()
        }
        return checked("attributes", fields.attributes, given)


def _optional(
    rule: Callable[[str], T], columns: Sequence[Sequence[str]], position: int | None
) -> Iterable[T | MaybeUnset]:
    return repeat(UNSET) if position is None else map(rule, columns[position])


# One cell each, as it stands in the file. Of zones, codes and tags a file has few different ones.


def _phone(cell: str) -> str:
    return checked("phone", phones.phone, cell.strip())


@lru_cache(maxsize=4096)
def _timezone(cell: str) -> str:
    if not cell.strip():
        raise RowFault("timezone", NO_ZONE)
    return checked("timezone", fields.timezone, cell.strip())


def _timezone_if_told(cell: str) -> str | MaybeUnset:
    return _timezone(cell) if cell.strip() else UNSET


@lru_cache(maxsize=4096)
def _operator_code(cell: str) -> str | None:
    trimmed = cell.strip()
    return checked("operator_code", fields.operator_code, trimmed) if trimmed else None


@lru_cache(maxsize=4096)
def _tags(cell: str) -> tuple[str, ...]:
    named = [tag for tag in restored(cell.strip()).split(fields.TAG_SEPARATOR) if tag.strip()]
    return checked("tags", fields.tags, named) if named else ()


def _email(cell: str) -> str | None:
    trimmed = restored(cell.strip())
    return checked("email", fields.email, trimmed) if trimmed else None


def _name(cell: str) -> str | None:
    trimmed = restored(cell.strip())
    return checked("name", fields.name, trimmed) if trimmed else None


def _index(names: list[str | None], name: str) -> int | None:
    return names.index(name) if name in names else None


def _mapped(names: list[str], ours: Mapping[str, str]) -> list[str | None]:
    """Raises BadHeader when a column is mapped that is not there."""
    for theirs in ours:
        if theirs not in names:
            raise BadHeader(theirs, f"The header lacks the column {theirs!r}, which is mapped.")
    return [ours.get(name, name) or (None if name in ours else name) for name in names]


def _check(names: list[str | None], required: Iterable[str]) -> None:
    for position, name in enumerate(names):
        if name is None:
            continue
        if name in names[:position]:
            raise BadHeader(name, f"The header names the column {name!r} twice.")
        if name not in (*REQUIRED, *OPTIONAL):
            _check_attribute(name)
    for name in required:
        if name not in names:
            hint = f" {NO_ZONE}" if name == "timezone" else ""
            raise BadHeader(name, f"The header lacks the column {name!r}.{hint}")


def _check_attribute(name: str) -> None:
    if not name.startswith(ATTRIBUTE_PREFIX):
        known = ", ".join((*REQUIRED, *OPTIONAL, f"{ATTRIBUTE_PREFIX}…"))
        raise BadHeader(name, f"{name[:64]!r} is not a column we know: {known}.")
    try:
        fields.attribute_name(name.removeprefix(ATTRIBUTE_PREFIX))
    except ValueError as error:
        raise BadHeader(name, str(error)) from None
