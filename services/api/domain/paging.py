"""Keyset paging: a page ends with a cursor that says behind which id the next one begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.api.domain.failures import FieldFault, Invalid

T = TypeVar("T")
Key = TypeVar("Key", int, str)

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500
# Where the first page of what comes newest first begins.
BEHIND_ALL = 2**63 - 1

NOT_A_CURSOR = FieldFault("cursor", "This is not a cursor that was given out here.")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: list[T]
    next_cursor: str | None


def row_id(text: str) -> int:
    """An id as the database can hold it. Raises ValueError."""
    value = int(text)
    if not 0 <= value < 2**63:
        raise ValueError("out of range")
    return value


def to_cursor(key: int | str) -> str:
    return base64.urlsafe_b64encode(f"k{key}".encode()).decode().rstrip("=")


def from_cursor(cursor: str | None, kind: Callable[[str], Key], first: Key) -> Key:
    """The key behind which the page begins; ``first`` without a cursor. Raises Invalid."""
    if cursor is None:
        return first
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        marked = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        key = kind(marked.removeprefix("k"))
    except (ValueError, binascii.Error):
        key = first
    if to_cursor(key) != cursor:  # one spelling only, so that nobody comes to build their own
        raise Invalid(NOT_A_CURSOR)
    return key


def page_of(items: Sequence[T], limit: int, key: Callable[[T], int | str]) -> Page[T]:
    """``items`` holds one more than ``limit`` when there is a next page."""
    kept = list(items[:limit])
    return Page(kept, to_cursor(key(kept[-1])) if len(items) > limit else None)
