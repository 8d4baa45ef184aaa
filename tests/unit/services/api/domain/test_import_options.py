"""How a file is to be read."""

import pytest

from services.api.domain.failures import Invalid
from services.api.domain.imports.columns import BadHeader
from services.api.domain.imports.options import Delimiter, Options, names_from
from services.api.domain.imports.progress import ImportFormat
from services.api.domain.imports.reading import header_of, rows_from
from services.api.domain.imports.rows import ImportRow

PHONE = "79161234567"
AS_IT_IS = Options()


def rows(file: bytes, options: Options = AS_IT_IS) -> list[object]:
    header = header_of(ImportFormat.CSV, file, final=True, options=options)
    blocks = rows_from(header, 0).feed(file, final=True)
    return [row for block in blocks for row in block.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_by_what_cells_are_separated(delimiter: str) -> None:
    lines = ["phone|tags|timezone|name", f'{PHONE}|"a;b"|UTC|"x,y"', f"{PHONE}||UTC|z"]
    file = "\n".join(lines).replace("|", delimiter).encode()
    for start in (b"", b"\xef\xbb\xbf"):
        assert rows(start + file) == [
            ImportRow(PHONE, "UTC", tags=("a", "b"), name="x,y"),
            ImportRow(PHONE, "UTC", tags=(), name="z"),
        ]


def test_separators_within_quotes_do_not_count() -> None:
    options = Options(names={"a;b;c;d": "", "Phone": "phone"})
    file = f'"a;b;c;d",Phone,timezone\nx,{PHONE},UTC\n'.encode()
    assert rows(file, options) == [ImportRow(PHONE, "UTC")]


def test_a_delimiter_that_is_named_is_the_one() -> None:
    with pytest.raises(BadHeader):
        rows(b"phone;timezone\n", Options(delimiter=Delimiter.COMMA))


def test_columns_are_known_by_other_names_or_passed_over() -> None:
    names = names_from(["Телефон:phone", " Пояс : timezone", "City: at:attributes.city", "Note:"])
    file = f"Note,City: at,Пояс,Телефон\nx,Omsk,UTC,{PHONE}\n".encode()
    assert rows(file, Options(names=names)) == [
        ImportRow(PHONE, "UTC", attributes={"city": "Omsk"})
    ]


@pytest.mark.parametrize(
    ("pairs", "column"),
    [
        (["Number:phone"], "Number"),
        (["name:phone"], "phone"),
        (["name:nickname"], "nickname"),
        (["phone:"], "phone"),
    ],
)
def test_a_map_that_does_not_fit_the_header_fails_the_import(pairs: list[str], column: str) -> None:
    with pytest.raises(BadHeader) as bad:
        rows(b"phone,timezone,name\n", Options(names=names_from(pairs)))
    assert bad.value.column == column


@pytest.mark.parametrize(
    "pairs", [["phone"], [":phone"], ["a:phone", "a:name"], [f"{n}:" for n in range(101)]]
)
def test_a_map_that_is_none(pairs: list[str]) -> None:
    with pytest.raises(Invalid) as invalid:
        names_from(pairs)
    assert invalid.value.errors[0].field == "map"
