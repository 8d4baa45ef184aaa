"""Ordered lists in the database: which rows come behind a place, and in which order."""

from typing import Any

from sqlalchemy import Select, Table, tuple_

from services.api.domain.paging import Order, Place


def ordered(query: Select[Any], table: Table, order: Order, behind: Place | None) -> Select[Any]:
    """By the order, from behind the place on. A row is compared as a whole, as its index has it."""
    names = ["id"] if order.column == "id" else [order.column, "id"]
    columns = [table.c[name] for name in names]
    if behind is not None:
        values = [behind.id] if order.column == "id" else [behind.at, behind.id]
        row, place = tuple_(*columns), tuple_(*values)
        query = query.where(row < place if order.descending else row > place)
    return query.order_by(*(one.desc() if order.descending else one.asc() for one in columns))
