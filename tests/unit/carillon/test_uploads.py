"""Files on their way."""

import gzip
from pathlib import Path

import pytest

from carillon.uploads import PIECE, content_type_of, of_path


def test_a_file_goes_packed_and_by_its_kind(tmp_path: Path) -> None:
    content = b"phone,timezone\n" * 50_000
    file = tmp_path / "clients.CSV"
    file.write_bytes(content)
    read: list[int] = []
    upload = of_path(file, on_read=read.append)
    assert upload.content_type == "text/csv"
    assert gzip.decompress(b"".join(upload.pieces())) == content
    assert len(read) > 1
    assert max(read) <= PIECE
    assert sum(read) == len(content)
    # A second try begins at the beginning.
    assert gzip.decompress(b"".join(upload.pieces())) == content


def test_what_is_packed_already_goes_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "clients.ndjson.gz"
    file.write_bytes(gzip.compress(b"{}\n"))
    upload = of_path(file)
    assert upload.content_type == "application/x-ndjson"
    assert b"".join(upload.pieces()) == file.read_bytes()


def test_a_name_that_says_nothing_needs_somebody_who_does(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.csv, \.ndjson"):
        content_type_of("clients.xlsx")
    assert of_path(tmp_path / "clients.txt", "text/csv").content_type == "text/csv"
