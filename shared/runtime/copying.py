"""COPY into a table, from text that is put together here: the cheapest way to write many rows."""

from collections.abc import Iterable, Sequence

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_NULL = r"\N"

# What has a meaning in a row of COPY's text format.
_IN_TEXT = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_IN_ARRAY = str.maketrans({"\\": r"\\", '"': r"\""})
_NOTHING = text("SELECT")


def text_cell(value: str | None) -> str:
    if value is None:
        return _NULL
    if value.isprintable() and "\\" not in value:  # nearly all there is
        return value
    return value.translate(_IN_TEXT)


def text_column(values: Sequence[str | None] | None, others: Sequence[object]) -> Sequence[str]:
    """``values`` is None when nobody has one; ``others``: another column of the same rows."""
    return [_NULL] * len(others) if values is None else list(map(text_cell, values))


def array_cell(values: Iterable[str]) -> str:
    """Of strings."""
    quoted = ",".join(f'"{value.translate(_IN_ARRAY)}"' for value in values)
    return f"{{{quoted}}}".translate(_IN_TEXT)


async def copy_rows(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: str
) -> None:
    """``rows``: cells with tabs between them and a line break at the end of each row.

    Part of the transaction of the connection. Raises what asyncpg raises.
    """
    await connection.execute(_NOTHING)  # only a statement of its own begins the transaction
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, asyncpg.Connection):
        raise TypeError("only asyncpg can copy")
    # A view, for bytes would be taken for the name of a file.
    await driver.copy_to_table(table, columns=columns, source=memoryview(rows.encode()))
