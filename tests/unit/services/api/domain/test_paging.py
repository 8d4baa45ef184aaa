from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.failures import Invalid
from services.api.domain.paging import (
    Order,
    Place,
    from_cursor,
    page_of,
    place_in,
    row_id,
    to_cursor,
)


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


ORDERS = [
    Order(column, descending) for column in ("id", "updated_at") for descending in (False, True)
]
PLACES = st.builds(
    Place,
    st.sampled_from([one for one in ORDERS if one.column != "id"]),
    st.integers(min_value=0, max_value=2**63 - 1),
    st.datetimes(timezones=st.just(UTC)),
) | st.builds(
    Place,
    st.sampled_from([one for one in ORDERS if one.column == "id"]),
    st.integers(min_value=0, max_value=2**63 - 1),
)


@given(PLACES)
def test_a_cursor_of_a_place_is_read_back_in_its_order_alone(place: Place) -> None:
    cursor = to_cursor(place)
    assert from_cursor(cursor, place_in(place.order), None) == place
    for order in ORDERS:
        if order != place.order:
            with pytest.raises(Invalid):
                from_cursor(cursor, place_in(order), None)


@given(st.text())
def test_what_was_never_given_out_is_no_place(text: str) -> None:
    try:
        cursor = to_cursor(text)
    except UnicodeEncodeError:
        return
    for order in ORDERS:
        with pytest.raises(Invalid):
            from_cursor(cursor, place_in(order), None)


def test_an_order_is_written_as_it_is_read() -> None:
    assert [str(Order.of(sort)) for sort in ("id", "-created_at")] == ["id", "-created_at"]
