"""Cells of CSV that people open with a spreadsheet: it takes what begins with ``=`` for a formula.

A formula can call a program or send the neighbouring cells away, and anybody who can name a client
can write one. So text that would be taken for one gets an apostrophe in front, by which people mark
text in spreadsheets too. Imports take it off again, and one is added to text that has it already:
what was exported comes back as it was, to the letter.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

MARK = "'"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")


def defused(text: str) -> str:
    return f"{MARK}{text}" if _FORMULA.match(text) else text


def restored(cell: str) -> str:
    """What was exported; the cells of nearly everybody begin with something else."""
    return cell[1:] if cell.startswith(MARK) and _MARKED.match(cell) else cell


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows of CSV; None is an empty cell."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()
