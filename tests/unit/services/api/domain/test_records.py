"""However the bytes of a file are cut, the same records come out of them."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.imports.records import (
    BROKEN_QUOTES,
    LONGEST_RECORD,
    NOT_UTF8,
    TOO_LONG,
    CsvRows,
    Format,
    Lines,
    Record,
    RecordReader,
)


def read(format_: Format, *pieces: bytes) -> list[Record]:
    reader = RecordReader(format_)
    last = len(pieces) - 1
    return [
        record
        for number, piece in enumerate(pieces)
        for record in reader.feed(piece, final=number == last)
    ]


def contents(format_: Format, *pieces: bytes) -> list[object]:
    return [record.content for record in read(format_, *pieces)]


# Made of what matters to a reader of CSV, so that broken files of every kind come up.
awkward = st.lists(
    st.sampled_from(
        [b"a", b",", b'"', b'""', b"\n", b"\r\n", b'"x\ny"', b"\xff", "ё".encode(), b" "]
    ),
    max_size=30,
).map(b"".join)


@pytest.mark.parametrize("format_", [CsvRows(), Lines()])
@given(data=awkward, at=st.lists(st.integers(0, 60), max_size=6))
def test_cuts_change_nothing(format_: Format, data: bytes, at: list[int]) -> None:
    cuts = [0, *sorted(min(cut, len(data)) for cut in at), len(data)]
    pieces = [data[one:other] for one, other in pairwise(cuts)]
    assert read(format_, *pieces) == read(format_, data)


@pytest.mark.parametrize("format_", [CsvRows(), Lines()])
@given(data=awkward)
def test_reading_can_be_taken_up_behind_any_record(format_: Format, data: bytes) -> None:
    records = read(format_, data)
    for number, record in enumerate(records, start=1):
        reader = RecordReader(format_, record.end)
        assert list(reader.feed(data[record.end :], final=True)) == records[number:]


class CsvOneByOne(CsvRows):
    def simple_until(self, buffer: bytes, start: int, limit: int) -> int:
        return start


class LinesOneByOne(Lines):
    def simple_until(self, buffer: bytes, start: int, limit: int) -> int:
        return start


@pytest.mark.parametrize(
    ("at_once", "one_by_one"), [(CsvRows(), CsvOneByOne()), (Lines(), LinesOneByOne())]
)
@given(data=awkward)
def test_lines_cut_many_at_once_are_what_they_are_one_by_one(
    at_once: Format, one_by_one: Format, data: bytes
) -> None:
    data = b"phone\n" + data  # the first record is never cut together with others
    assert read(at_once, data) == read(one_by_one, data)


def test_many_lines_are_cut_at_once() -> None:
    data = b"phone\n" + b"1,a\n" * 1_000 + b'"2",b\n' + b"3,c\n" * 1_000
    blocks = list(RecordReader(CsvRows()).blocks(data, final=True))
    assert [len(block.contents) for block in blocks] == [1, 1_000, 1, 1_000]


cell = st.text(st.sampled_from('ab, "\n\rё'), max_size=8)


@given(rows=st.lists(st.lists(cell, min_size=2, max_size=4), max_size=5))
def test_what_csv_writes_is_read_back(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    # Inside quotes csv itself turns no line break into another, and neither may we.
    assert contents(CsvRows(), file.getvalue().encode()) == rows


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n\r\n  \n", []),
        (b"a,b\nc,d", [["a", "b"], ["c", "d"]]),
        (b"\xef\xbb\xbfa,b\r\n", [["a", "b"]]),
        (b'\xef\xbb\xbf"a",b\n', [["a", "b"]]),
        (b'"a\nb",c\n', [["a\nb", "c"]]),
        (b'"a""b",c\n', [['a"b', "c"]]),
        # One quotation mark too many costs its own line and no other.
        (b'1,"a\n2,b\n3,c\n', [BROKEN_QUOTES, ["2", "b"], ["3", "c"]]),
        (b'1,"a\n2,"b"\n3,c\n', [BROKEN_QUOTES, ["2", "b"], ["3", "c"]]),
        (b'1,"a"b\n2,c\n', [BROKEN_QUOTES, ["2", "c"]]),
        (b"1,\xff\n2,b\n", [NOT_UTF8, ["2", "b"]]),
        (b'"\xff",1\n2,b\n', [NOT_UTF8, ["2", "b"]]),
        (b'"a\n\xff",1\n2,b\n', [BROKEN_QUOTES, NOT_UTF8, ["2", "b"]]),
    ],
)
def test_csv(data: bytes, expected: list[object]) -> None:
    assert contents(CsvRows(), data) == expected


def test_lines() -> None:
    assert contents(Lines(), b'{"a": 1}\r\n\n\xff\n"x') == ['{"a": 1}', NOT_UTF8, '"x']


@pytest.mark.parametrize("piece", [1_000, 70_000, 10**7])
@pytest.mark.parametrize("format_", [CsvRows(), Lines()])
def test_a_line_too_long_is_one_fault_and_memory_stays_flat(format_: Format, piece: int) -> None:
    data = b"a,b\n" + b"x" * (3 * LONGEST_RECORD) + b"\nc,d\n"
    reader = RecordReader(format_)
    found = []
    for start in range(0, len(data), piece):
        final = start + piece >= len(data)
        found += [
            record.content for record in reader.feed(data[start : start + piece], final=final)
        ]
        assert len(reader._buffer) <= LONGEST_RECORD + piece
    assert found[1] == TOO_LONG
    assert len(found) == 3


def test_an_endless_quote_is_given_up_after_the_longest_record() -> None:
    data = b'1,"a\n' + b"2,b\n" * 50_000
    halves = data[:100_000], data[100_000:]
    assert contents(CsvRows(), *halves)[:2] == [BROKEN_QUOTES, ["2", "b"]]
    assert contents(CsvRows(), *halves) == contents(CsvRows(), data)
    assert len(contents(CsvRows(), data)) == 50_001
