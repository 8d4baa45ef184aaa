"""Clients as a file that comes back as it was."""

from datetime import UTC, datetime

import pytest

from services.api.domain.clients import Client, Profile
from services.api.domain.exports import (
    ExportFormat,
    csv_header,
    csv_rows,
    format_for,
    ndjson_lines,
    takes_gzip,
)
from services.api.domain.fields import Scalar
from services.api.domain.imports.progress import ImportFormat
from services.api.domain.imports.reading import header_of, rows_from
from services.api.domain.imports.rows import ImportRow, profile_after

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXTS = {"city": '=Omsk, "A"', "sign": "'-x", "n": "-5"}
PROFILES = [
    Profile("79161234567", "495", "UTC+03:00", ("-a", "b"), "+a@x.com", "@Ann", TEXTS),
    Profile("79161234568", "916", "Europe/Moscow"),
]
CLIENTS = [Client(number, 1, one, NOW, NOW) for number, one in enumerate(PROFILES, start=1)]


def imported(file: str, format_: ImportFormat) -> list[Profile]:
    header = header_of(format_, file.encode(), final=True)
    blocks = rows_from(header, 0).feed(file.encode(), final=True)
    rows = [row for block in blocks for row in block.rows]
    return [profile_after(row, None) for row in rows if isinstance(row, ImportRow)]


def test_a_csv_is_imported_as_it_was_exported() -> None:
    names = sorted(TEXTS)
    file = csv_header(names) + csv_rows(CLIENTS, names)
    assert imported(file, ImportFormat.CSV) == PROFILES
    assert ",'@Ann," in file


def test_numbers_are_no_formulas() -> None:
    [one, _] = CLIENTS
    numbers = one._replace(profile=one.profile._replace(attributes={"a": -5, "b": True, "c": None}))
    assert csv_rows([numbers], ["a", "b", "c"]).endswith(",-5,true,\n")


def test_ndjson_keeps_what_is_no_text() -> None:
    values: dict[str, Scalar] = {"n": -5, "f": 0.5, "is": True, "text": " =x "}
    profiles = [PROFILES[0]._replace(attributes=values), PROFILES[1]]
    clients = [Client(7, 1, one, NOW, NOW) for one in profiles]
    assert imported(ndjson_lines(clients), ImportFormat.NDJSON) == profiles


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        ("", ExportFormat.CSV),
        ("*/*", ExportFormat.CSV),
        ("application/json, application/x-ndjson", ExportFormat.NDJSON),
        ("text/csv;q=0, application/x-ndjson;q=0.5", ExportFormat.NDJSON),
    ],
)
def test_the_format_is_the_one_that_is_liked(accept: str, format_: ExportFormat) -> None:
    assert format_for(accept) is format_


@pytest.mark.parametrize(
    ("header", "packed"),
    [("", False), ("br, gzip", True), ("gzip;q=0", False), ("gzip;q=0.5", True), ("br", False)],
)
def test_it_is_packed_for_whoever_can_unpack_it(header: str, packed: bool) -> None:
    assert takes_gzip(header) is packed
