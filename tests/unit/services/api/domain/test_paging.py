import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.failures import Invalid
from services.api.domain.paging import from_cursor, page_of, row_id, to_cursor


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_cursor_of_an_id_is_read_back(key: int) -> None:
    assert from_cursor(to_cursor(key), row_id, 0) == key


@given(st.text().filter(lambda text: text.isprintable()))
def test_a_cursor_of_a_word_is_read_back(key: str) -> None:
    assert from_cursor(to_cursor(key), str, "") == key


def test_without_a_cursor_the_first_page_comes() -> None:
    assert from_cursor(None, row_id, 7) == 7


@pytest.mark.parametrize(
    "cursor", ["", "a", "12", "!!!", "é", to_cursor("x"), to_cursor(-1), to_cursor(2**63), "azE="]
)
def test_any_other_cursor_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        from_cursor(cursor, row_id, 0)
    assert [error.field for error in refusal.value.errors] == ["cursor"]


def test_a_page_knows_whether_there_is_another() -> None:
    assert page_of([1, 2, 3], 2, int).next_cursor == to_cursor(2)
    assert page_of([1, 2, 3], 2, int).items == [1, 2]
    assert page_of([1, 2], 2, int).next_cursor is None
    assert page_of([], 2, int).items == []
