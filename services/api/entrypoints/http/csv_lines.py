"""Lines of CSV, as a spreadsheet may open them."""

import csv
import io
from collections.abc import Iterable, Sequence

# A cell that begins so is a formula to a spreadsheet, whoever wrote it.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """What is None is an empty cell."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows([_cell(value) for value in row] for row in rows)
    return lines.getvalue()


def _cell(value: object) -> str:
    told = "" if value is None else str(value)
    return f"'{told}" if isinstance(value, str) and told.startswith(_FORMULAS) else told
