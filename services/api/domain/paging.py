"""Keyset paging: a page ends with a cursor that says behind which row the next one begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from services.api.domain.failures import FieldFault, Invalid

T = TypeVar("T")
Key = TypeVar("Key")

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500
# Where the first page of what comes newest first begins.
BEHIND_ALL = 2**63 - 1

NOT_A_CURSOR = FieldFault("cursor", "This is not a cursor that was given out here.")


@dataclass(frozen=True, slots=True)
class Order:
    """By the id, or by an instant and then the id, both the same way."""

    column: str = "id"
    descending: bool = False

    @classmethod
    def of(cls, sort: str) -> "Order":
        return cls(sort.removeprefix("-"), descending=sort.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column


OLDEST = Order()


@dataclass(frozen=True, slots=True)
class Place:
    """A row of an ordered list. ``at``: the instant it goes by; None where it goes by its id."""

    order: Order
    id: int
    at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.order} {self.id} {'' if self.at is None else self.at.isoformat()}"


def place_in(order: Order) -> Callable[[str], Place]:
    """Reads places of this order. Those of another mean nothing in it: ValueError."""

    def read(text: str) -> Place:
        name, id_, at = text.split(" ")
        moment = datetime.fromisoformat(at) if at else None
        if name != str(order) or (moment is None) is not (order.column == "id"):
            raise ValueError("of another order")
        if moment is not None and moment.tzinfo is None:
            raise ValueError("no instant")
        return Place(order, row_id(id_), moment)

    return read


def place_of(order: Order, row: Any) -> Place:
    """``row``: has an id, and the instant that the order goes by."""
    return Place(order, row.id, None if order.column == "id" else getattr(row, order.column))


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


def to_cursor(key: object) -> str:
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
        raise Invalid(NOT_A_CURSOR) from None
    if to_cursor(key) != cursor:  # one spelling only, so that nobody comes to build their own
        raise Invalid(NOT_A_CURSOR)
    return key


def page_of(items: Sequence[T], limit: int, key: Callable[[T], object]) -> Page[T]:
    """``items`` holds one more than ``limit`` when there is a next page."""
    kept = list(items[:limit])
    return Page(kept, to_cursor(key(kept[-1])) if len(items) > limit else None)
