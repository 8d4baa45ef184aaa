"""NDJSON: each line is an object with the fields of a client, the same names as in the API."""

import json
from typing import Any

from services.api.domain import fields, phones
from services.api.domain.fields import Scalar
from services.api.domain.imports.rows import (
    NO_ZONE,
    UNSET,
    ImportRow,
    MaybeUnset,
    RowFault,
    checked,
)

_KNOWN = frozenset(
    {"phone", "timezone", "operator_code", "tags", "email", "name", "attributes"},
)


def read(line: str, *, guess_timezone: bool = False) -> ImportRow:
    """``guess_timezone``: a zone need not be told. Raises RowFault on the first thing in the row
    that is wrong."""
    value = _object(line)
    if unknown := value.keys() - _KNOWN:
        raise RowFault(min(unknown), "Unknown field.")
    return ImportRow(
        checked("phone", phones.phone, _required(value, "phone")),
        _timezone(value, guess_timezone=guess_timezone),
        _text(value, "operator_code", fields.operator_code),
        _tags(value),
        _text(value, "email", fields.email),
        _text(value, "name", fields.name),
        _attributes(value),
    )


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):  # RecursionError: nested without end
        raise RowFault(None, "The row is not JSON.") from None
    if not isinstance(value, dict):
        raise RowFault(None, "The row is not a JSON object.")
    return value


def _required(value: dict[str, Any], field: str) -> str:
    given = value.get(field)
    if not isinstance(given, str):
        reason = "A string is needed here." if field in value else "Field required."
        raise RowFault(field, reason)
    return given.strip()


def _timezone(value: dict[str, Any], *, guess_timezone: bool) -> str | MaybeUnset:
    if value.get("timezone") in (None, ""):
        if guess_timezone:
            return UNSET
        raise RowFault("timezone", NO_ZONE)
    return checked("timezone", fields.timezone, _required(value, "timezone"))


def _text(value: dict[str, Any], field: str, rule: Any) -> str | MaybeUnset | None:
    given = value.get(field, UNSET)
    if given is UNSET or given is None:
        return given
    if not isinstance(given, str):
        raise RowFault(field, "A string is needed here.")
    result: str = checked(field, rule, given.strip())
    return result


def _tags(value: dict[str, Any]) -> tuple[str, ...] | MaybeUnset:
    if "tags" not in value:
        return UNSET
    given = value["tags"]
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(tag, str) for tag in given):
        raise RowFault("tags", "A list of strings is needed here.")
    tags: list[str] = given
    return checked("tags", fields.tags, tags)


def _attributes(value: dict[str, Any]) -> dict[str, Scalar] | MaybeUnset | None:
    given = value.get("attributes", UNSET)
    if given is UNSET or given is None:
        return given
    if not isinstance(given, dict):
        raise RowFault("attributes", "An object is needed here.")
    return checked("attributes", fields.attributes, given)
