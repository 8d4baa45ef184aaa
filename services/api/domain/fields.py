"""What the single fields of a client may hold: one function each, at every door the same.

Each takes what came, returns what is stored, and raises ValueError with a sentence that says what
is wrong. They are called for every row of an import, so the plain case must cost next to nothing.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from shared.domain.zones import canonical_zone

Scalar = str | int | float | bool | None

LONGEST_TAG = 64
MOST_TAGS = 50
LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONGEST_ATTRIBUTE_NAME = 64
LONGEST_ATTRIBUTE = 1_000
MOST_ATTRIBUTES = 50
# A batch of 500 clients must stay a message that a broker takes.
ALL_ATTRIBUTES = 4_000
# Beyond this a browser, which reads numbers as doubles, would show another number.
LARGEST_INTEGER = 2**53 - 1
LONGEST_SHOWN = 200

TAG_SEPARATOR = ";"

_OPERATOR_CODE = re.compile(r"[0-9A-Za-z]{1,16}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The addresses of nearly everybody; the others are left to email-validator, a hundred times slower.
_PLAIN_EMAIL = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")
_LONGEST_LOCAL_PART = 64


def operator_code(value: str) -> str:
    if _OPERATOR_CODE.fullmatch(value) is None:
        raise ValueError("An operator code is 1 to 16 digits or Latin letters.")
    return value


@lru_cache(maxsize=4096)  # an import names the same few hundred zones a million times
def timezone(value: str) -> str:
    if len(value) > LONGEST_TAG:
        raise ValueError("The name of the time zone is too long to be one.")
    return canonical_zone(value)


@lru_cache(maxsize=4096)
def tag(value: str) -> str:
    trimmed = line(value, LONGEST_TAG)
    if TAG_SEPARATOR in trimmed:
        raise ValueError("A tag cannot contain a semicolon: it separates tags in files.")
    return trimmed


def tags(values: Iterable[str]) -> tuple[str, ...]:
    """Trimmed, each once, in the order given."""
    unique = tuple(dict.fromkeys(map(tag, values)))
    if len(unique) > MOST_TAGS:
        raise ValueError(f"A client has at most {MOST_TAGS} tags.")
    return unique


def name(value: str) -> str:
    return line(value, LONGEST_NAME)


def email(value: str) -> str:
    plain = _PLAIN_EMAIL.fullmatch(value)
    if plain is None or len(value) > LONGEST_EMAIL or plain.end("local") > _LONGEST_LOCAL_PART:
        return _unusual_email(value)
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


def _unusual_email(value: str) -> str:
    if len(value) > LONGEST_EMAIL:
        raise ValueError(f"An e-mail address has at most {LONGEST_EMAIL} characters.")
    try:
        # Whether a domain takes mail is for the sending to find out: no look-up here.
        found = validate_email(
            value, check_deliverability=False, globally_deliverable=False, strict=True
        )
    except EmailNotValidError as error:
        raise ValueError(f"This is no e-mail address: {error}") from None
    if "." not in found.ascii_domain:
        raise ValueError("This is no e-mail address: its domain has no dot.")
    return found.normalized


def attributes(values: Mapping[str, object]) -> dict[str, Scalar]:
    """An object of scalars, small enough to travel with every event about the client."""
    checked = {attribute_name(key): _attribute(key, value) for key, value in values.items()}
    if len(checked) > MOST_ATTRIBUTES:
        raise ValueError(f"A client has at most {MOST_ATTRIBUTES} attributes.")
    if sum(len(key) + len(str(value)) for key, value in checked.items()) > ALL_ATTRIBUTES:
        raise ValueError(f"All attributes together have at most {ALL_ATTRIBUTES} characters.")
    return checked


def attribute_name(value: str) -> str:
    if value != value.strip():
        raise ValueError("The name of an attribute neither begins nor ends with a space.")
    return line(value, LONGEST_ATTRIBUTE_NAME)


def _attribute(key: str, value: object) -> Scalar:
    if isinstance(value, str):
        if len(value) > LONGEST_ATTRIBUTE:
            raise ValueError(f"Attribute {key!r} has more than {LONGEST_ATTRIBUTE} characters.")
        _refuse_unprintable(value)
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError(f"Attribute {key!r} must be a string, a moderate number, true, false or null.")


def line(value: str, longest: int) -> str:
    """One line of text, trimmed, not empty."""
    trimmed = value.strip()
    if not trimmed:
        raise ValueError("This must not be empty.")
    if len(trimmed) > longest:
        raise ValueError(f"This has more than {longest} characters.")
    _refuse_unprintable(trimmed)
    return trimmed


def shown(value: str) -> str:
    """What somebody wrote, so that a report can hold it: short, without control characters."""
    return _UNPRINTABLE.sub("\ufffd", value[:LONGEST_SHOWN])


def _refuse_unprintable(value: str) -> None:
    if not value.isprintable() and _UNPRINTABLE.search(value) is not None:
        raise ValueError("This contains control characters.")
