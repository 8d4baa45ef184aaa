"""Cells that are no formulas, and come back as they were."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.cells import defused, lines, restored


@pytest.mark.parametrize("text", ["=1+1", "+7", "-5", "@sum", "'=x", "''=x", "\tx"])
def test_what_a_spreadsheet_takes_for_a_formula_is_marked_as_text(text: str) -> None:
    assert defused(text) == f"'{text}"
    assert restored(defused(text)) == text


@pytest.mark.parametrize("text", ["", "Ann", "79161234567", "'quoted'", "a=b", "'"])
def test_anything_else_is_left_alone(text: str) -> None:
    assert defused(text) == restored(text) == text


@given(st.text(alphabet="'=+-@a\t ", max_size=6))
def test_every_text_comes_back(text: str) -> None:
    assert restored(defused(text)) == text
    assert defused(text)[:1] not in ("=", "+", "-", "@", "\t")


def test_rows_are_written_as_csv_readers_expect() -> None:
    rows = [("a", 'Ann "A", B', None, 7)]
    assert list(csv.reader(io.StringIO(lines(rows)))) == [["a", 'Ann "A", B', "", "7"]]
