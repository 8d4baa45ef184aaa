"""CSV: the header names the fields, in any order; each row is read by it."""

from collections.abc import Sequence

from services.api.domain import fields
from services.api.domain.fields import Scalar
from services.api.domain.imports.rows import UNSET, ImportRow, MaybeUnset, RowFault, checked

REQUIRED = ("phone", "timezone")
OPTIONAL = ("operator_code", "tags", "email", "name")
ATTRIBUTE_PREFIX = "attributes."


class BadHeader(ValueError):
    """The file cannot be read at all; ``column`` is the one it fails at."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(fields.shown(reason))
        self.column = None if column is None else fields.shown(column)


class Columns:
    """Where each field stands in a row. Raises BadHeader when the header does not tell."""

    def __init__(self, header: Sequence[str]) -> None:
        names = [name.strip() for name in header]
        _check(names)
        self._width = len(names)
        self._phone = names.index("phone")
        self._timezone = names.index("timezone")
        self._operator_code = _index(names, "operator_code")
        self._tags = _index(names, "tags")
        self._email = _index(names, "email")
        self._name = _index(names, "name")
        self._attributes = {
            name.removeprefix(ATTRIBUTE_PREFIX): position
            for position, name in enumerate(names)
            if name.startswith(ATTRIBUTE_PREFIX)
        }

    def read(self, cells: Sequence[str]) -> ImportRow:
        """Raises RowFault on the first thing in the row that is wrong."""
        if len(cells) != self._width:
            raise RowFault(None, f"The row has {len(cells)} cells, the header {self._width}.")
        return ImportRow(
            checked("phone", fields.phone, cells[self._phone].strip()),
            checked("timezone", fields.timezone, cells[self._timezone].strip()),
            self._operator_code_in(cells),
            self._tags_in(cells),
            self._email_in(cells),
            self._name_in(cells),
            self._attributes_in(cells) if self._attributes else UNSET,
        )

    def _operator_code_in(self, cells: Sequence[str]) -> str | MaybeUnset | None:
        if self._operator_code is None:
            return UNSET
        cell = cells[self._operator_code].strip()
        return checked("operator_code", fields.operator_code, cell) if cell else None

    def _tags_in(self, cells: Sequence[str]) -> tuple[str, ...] | MaybeUnset:
        if self._tags is None:
            return UNSET
        cell = cells[self._tags]
        named = [tag for tag in cell.split(fields.TAG_SEPARATOR) if tag.strip()]
        return checked("tags", fields.tags, named) if named else ()

    def _email_in(self, cells: Sequence[str]) -> str | MaybeUnset | None:
        if self._email is None:
            return UNSET
        cell = cells[self._email].strip()
        return checked("email", fields.email, cell) if cell else None

    def _name_in(self, cells: Sequence[str]) -> str | MaybeUnset | None:
        if self._name is None:
            return UNSET
        cell = cells[self._name].strip()
        return checked("name", fields.name, cell) if cell else None

    def _attributes_in(self, cells: Sequence[str]) -> dict[str, Scalar]:
        given = {key: cells[position].strip() or None for key, position in self._attributes.items()}
        return checked("attributes", fields.attributes, given)


def _index(names: list[str], name: str) -> int | None:
    return names.index(name) if name in names else None


def _check(names: list[str]) -> None:
    for position, name in enumerate(names):
        if name in names[:position]:
            raise BadHeader(name, f"The header names the column {name!r} twice.")
        if name not in (*REQUIRED, *OPTIONAL):
            _check_attribute(name)
    for required in REQUIRED:
        if required not in names:
            raise BadHeader(required, f"The header lacks the column {required!r}.")


def _check_attribute(name: str) -> None:
    if not name.startswith(ATTRIBUTE_PREFIX):
        known = ", ".join((*REQUIRED, *OPTIONAL, f"{ATTRIBUTE_PREFIX}…"))
        raise BadHeader(name, f"{name[:64]!r} is not a column we know: {known}.")
    try:
        fields.attribute_name(name.removeprefix(ATTRIBUTE_PREFIX))
    except ValueError as error:
        raise BadHeader(name, str(error)) from None
