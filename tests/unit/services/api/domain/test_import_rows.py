"""What single rows of CSV and NDJSON say about a client."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.clients import Profile
from services.api.domain.imports import objects
from services.api.domain.imports.columns import BadHeader, Columns
from services.api.domain.imports.rows import UNSET, ImportRow, RowFault, profile_after

PHONE = "79161234567"
TOLD = {"phone", "timezone"}
FULL = "phone,timezone,operator_code,tags,email,name,attributes.city,attributes.age"


def from_csv(header: str, row: str) -> ImportRow:
    return Columns(header.split(",")).read(row.split(","))


def test_a_full_row_of_csv() -> None:
    row = from_csv(FULL, f" {PHONE} ,utc+3,495, vip;new;vip ,ann@X.com, Ann ,Omsk,7")
    assert row == ImportRow(
        PHONE,
        "UTC+03:00",
        "495",
        ("vip", "new"),
        "ann@x.com",
        "Ann",
        {"city": "Omsk", "age": "7"},
    )


def test_absent_columns_are_unset_and_empty_cells_clear() -> None:
    row = from_csv("timezone,phone", f"Europe/Moscow,{PHONE}")
    assert row == ImportRow(PHONE, "Europe/Moscow")
    assert row.name is UNSET
    empty = from_csv(FULL, f"{PHONE},UTC,,,,,,")
    assert empty == ImportRow(PHONE, "UTC", None, (), None, None, {"city": None, "age": None})


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("7916,UTC,,,,,,", "phone"),
        (",UTC,,,,,,", "phone"),
        (f"{PHONE},Nowhere,,,,,,", "timezone"),
        (f"{PHONE},,,,,,,", "timezone"),
        (f"{PHONE},UTC,9-1,,,,,", "operator_code"),
        (f"{PHONE},UTC,,{'x' * 65},,,,", "tags"),
        (f"{PHONE},UTC,,a\x00b,,,,", "tags"),
        (f"{PHONE},UTC,,,nobody,,,", "email"),
        (f"{PHONE},UTC,,,,{'x' * 201},,", "name"),
        (f"{PHONE},UTC,,,,a\x00b,,", "name"),
        (f"{PHONE},UTC,,,,,{'x' * 1001},", "attributes"),
        (f"{PHONE},UTC", None),
        (f"{PHONE},UTC,,,,,,,", None),
    ],
)
def test_a_wrong_cell_names_its_column(row: str, field: str | None) -> None:
    with pytest.raises(RowFault) as fault:
        from_csv(FULL, row)
    assert fault.value.field == field


# Each cell as files have it, right and wrong, plain and not so plain.
CELLS = {
    "phone": [PHONE, "79000000000", f" {PHONE} ", "7916123456", "8 916 1234567", "٧9161234567", ""],
    "timezone": ["UTC", "utc+3", "europe/moscow", " UTC", "Nowhere", ""],
    "operator_code": ["495", "", " ", " 495", "9-1"],
    "tags": ["", "a", "a;b", " a ; b;a", "x" * 65, "a\x00b"],
    "email": ["", "ann@X.com", " ann@x.com", "nobody", "ann@x..com"],
    "name": ["", "Ann", " Ann ", "x" * 201, "Ёж"],
    "attributes.city": ["", "Omsk", "x" * 1001],
}
a_row = st.tuples(*(st.sampled_from([cells[0], cells[0], *cells]) for cells in CELLS.values()))
a_wrong_row = st.lists(st.sampled_from([PHONE, "UTC", ""]), max_size=9).map(tuple)


def one_by_one(columns: Columns, rows: Sequence[tuple[str, ...]]) -> list[object]:
    def read(cells: tuple[str, ...]) -> object:
        try:
            return columns.read(cells)
        except RowFault as fault:
            return fault.field, fault.reason

    return list(map(read, rows))


@given(
    rows=st.lists(a_row | a_wrong_row, max_size=6),
    header=st.sets(st.sampled_from(list(CELLS)), min_size=0).map(lambda some: some | TOLD),
)
def test_many_rows_at_once_are_taken_and_refused_as_they_are_one_by_one(
    rows: list[tuple[str, ...]], header: set[str]
) -> None:
    names = [name for name in CELLS if name in header]
    places = [place for place, name in enumerate(CELLS) if name in header]
    rows = [tuple(row[p] for p in places) if len(row) == len(CELLS) else row for row in rows]
    columns = Columns(names)
    found = columns.read_all(rows)
    assert [
        (row.field, row.reason) if isinstance(row, RowFault) else row for row in found
    ] == one_by_one(columns, rows)


PLACE, MOBILE = "74951234567", "79161234567"


@pytest.mark.parametrize(
    ("header", "row"),
    [("phone", PLACE), ("phone,timezone", f"{PLACE},"), ("timezone,phone", f" ,{PLACE}")],
)
def test_a_zone_need_not_be_told_where_it_is_guessed(header: str, row: str) -> None:
    columns = Columns(header.split(","), guess_timezone=True)
    assert columns.read(row.split(",")).timezone is UNSET
    assert columns.read_all([row.split(",")]) == [columns.read(row.split(","))]
    named = {"phone": PLACE, "timezone": None}
    assert objects.read(json.dumps(named), guess_timezone=True) == ImportRow(PLACE, UNSET)
    assert objects.read(json.dumps({"phone": PLACE}), guess_timezone=True).timezone is UNSET


def test_a_zone_that_is_told_is_taken_where_others_are_guessed() -> None:
    columns = Columns(["phone", "timezone"], guess_timezone=True)
    assert columns.read([PLACE, "utc+3"]) == ImportRow(PLACE, "UTC+03:00")
    with pytest.raises(RowFault):
        columns.read([PLACE, "Nowhere"])
    for zone in ("Nowhere", 7):
        with pytest.raises(RowFault):
            objects.read(json.dumps({"phone": PLACE, "timezone": zone}), guess_timezone=True)


def test_where_a_zone_is_missing_it_is_told_that_it_can_be_guessed() -> None:
    with pytest.raises(BadHeader, match="guess_timezone=true") as bad:
        Columns(["phone"])
    assert bad.value.column == "timezone"
    with pytest.raises(RowFault, match="guess_timezone=true"):
        from_csv("phone,timezone", f"{PLACE},")
    with pytest.raises(RowFault, match="guess_timezone=true"):
        objects.read(json.dumps({"phone": PLACE}))


GIVEN = Profile(PLACE, "495", "Asia/Omsk")


@pytest.mark.parametrize(
    ("row", "before", "default", "after"),
    [
        (ImportRow(PLACE, UNSET), None, None, ("Europe/Moscow", True)),
        (ImportRow(PLACE, UNSET), None, "UTC", ("Europe/Moscow", True)),
        (ImportRow(MOBILE, UNSET), None, "UTC", ("UTC", True)),
        (ImportRow(MOBILE, "UTC"), None, None, ("UTC", False)),
        # Whoever is known keeps what is known, be it a guess or not.
        (ImportRow(PLACE, UNSET), GIVEN, "UTC", ("Asia/Omsk", False)),
        (ImportRow(PLACE, UNSET), GIVEN._replace(timezone_guessed=True), None, ("Asia/Omsk", True)),
        (ImportRow(PLACE, "UTC"), GIVEN._replace(timezone_guessed=True), None, ("UTC", False)),
        (ImportRow(PLACE, "Asia/Omsk"), GIVEN._replace(timezone_guessed=True), None, None),
    ],
)
def test_a_guess_never_takes_the_place_of_what_was_given(
    row: ImportRow, before: Profile | None, default: str | None, after: tuple[str, bool] | None
) -> None:
    found = profile_after(row, before, default)
    assert (found.timezone, found.timezone_guessed) == (after or ("Asia/Omsk", False))


def test_a_newcomer_whose_number_tells_nothing_is_refused() -> None:
    with pytest.raises(RowFault) as fault:
        profile_after(ImportRow(MOBILE, UNSET), None)
    assert fault.value.field == "timezone"
    known = Profile(MOBILE, "916", "UTC", name="Ann")
    assert profile_after(ImportRow(MOBILE, UNSET, name="Bob"), known).name == "Bob"


def test_the_numbers_of_every_code_are_taken_alike_alone_and_with_others() -> None:
    columns = Columns(["phone", "timezone"])
    heads = [f"{number:04d}" for number in range(10_000)]
    numbers = [head + "1234567" for head in heads]
    for start in range(0, len(numbers), 1_000):  # those of one first digit together
        rows = [(number, "UTC") for number in numbers[start : start + 1_000]]
        taken = [isinstance(row, ImportRow) for row in columns.read_all(rows)]
        assert taken == [isinstance(row, ImportRow) for row in one_by_one(columns, rows)]
        for (number, _), one in zip(rows, taken, strict=True):
            assert one == (number[0] in "78") or number.startswith("810")  # which calls abroad


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("phone", "timezone"),
        ("timezone", "phone"),
        ("phone,timezone,phone", "phone"),
        ("phone,timezone,nickname", "nickname"),
        ("phone,timezone,attributes.", "attributes."),
        ("phone,timezone,attributes.a,attributes.a", "attributes.a"),
        ("phone;timezone", "phone;timezone"),
        ("phone,timezone,", ""),
    ],
)
def test_a_wrong_header_names_the_column(header: str, column: str) -> None:
    with pytest.raises(BadHeader) as bad:
        Columns(header.split(","))
    assert bad.value.column == column


def test_a_full_row_of_ndjson() -> None:
    value = {
        "phone": PHONE,
        "timezone": "UTC",
        "operator_code": None,
        "tags": ["a", "b"],
        "email": None,
        "name": "Ann",
        "attributes": {"age": 7, "city": None},
    }
    assert objects.read(json.dumps(value)) == ImportRow(
        PHONE, "UTC", None, ("a", "b"), None, "Ann", {"age": 7, "city": None}
    )
    assert objects.read(json.dumps({"phone": PHONE, "timezone": "UTC"})) == ImportRow(PHONE, "UTC")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": None}, "phone"),
        ({"phone": 79161234567}, "phone"),
        ({"timezone": "Nowhere"}, "timezone"),
        ({"nickname": 1}, "nickname"),
        ({"tags": "a;b"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"tags": ["a;b"]}, "tags"),
        ({"email": 1}, "email"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"a": [1]}}, "attributes"),
        ({"attributes": {"a": 10**30}}, "attributes"),
    ],
)
def test_a_wrong_field_of_an_object_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RowFault) as fault:
        objects.read(json.dumps({"phone": PHONE, "timezone": "UTC"} | changes))
    assert fault.value.field == field


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "1", "null", "[" * 100_000, f'{{"a":1{"0" * 5000}}}']
)
def test_what_is_no_object_is_a_fault_of_the_row(line: str) -> None:
    with pytest.raises(RowFault) as fault:
        objects.read(line)
    assert fault.value.field is None


def test_a_missing_field_is_told_apart_from_a_wrong_one() -> None:
    with pytest.raises(RowFault, match="required"):
        objects.read('{"phone": "79161234567"}')


BEFORE = Profile(PHONE, "495", "UTC", ("a",), "ann@x.com", "Ann", {"city": "Omsk", "age": 7})


def test_what_a_row_does_not_mention_stays() -> None:
    assert profile_after(ImportRow(PHONE, "UTC"), BEFORE) == BEFORE


def test_what_a_row_clears_is_cleared() -> None:
    row = ImportRow(PHONE, "UTC", None, (), None, None, {"city": None})
    assert profile_after(row, BEFORE) == Profile(PHONE, "916", "UTC", attributes={"age": 7})
    assert profile_after(ImportRow(PHONE, "UTC", attributes=None), BEFORE).attributes == {}


def test_attributes_of_row_and_client_together_stay_small() -> None:
    before = Profile(PHONE, "916", "UTC", attributes={f"k{n}": "x" * 900 for n in range(4)})
    with pytest.raises(RowFault) as fault:
        profile_after(ImportRow(PHONE, "UTC", attributes={"more": "x" * 900}), before)
    assert fault.value.field == "attributes"
