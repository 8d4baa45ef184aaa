import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.failures import Invalid, TooLarge, UnsupportedFormat
from services.api.domain.imports.progress import ImportFormat
from services.api.domain.imports.uploads import Chunks, Gunzip, Limit, format_of, is_gzip


@pytest.mark.parametrize(
    ("content_type", "filename", "format_"),
    [
        ("text/csv", "", ImportFormat.CSV),
        ("Text/CSV; charset=utf-8", "", ImportFormat.CSV),
        ("application/x-ndjson", "", ImportFormat.NDJSON),
        ("application/octet-stream", "Clients.CSV", ImportFormat.CSV),
        ("application/gzip", "clients.ndjson.gz", ImportFormat.NDJSON),
    ],
)
def test_formats(content_type: str, filename: str, format_: ImportFormat) -> None:
    assert format_of(content_type, filename) is format_


@pytest.mark.parametrize("content_type", ["", "text/html", "application/json", "csv"])
def test_other_content_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedFormat):
        format_of(content_type)


def test_encodings() -> None:
    assert is_gzip("gzip")
    assert is_gzip("", "a.csv.gz")
    assert not is_gzip("identity", "a.csv")
    with pytest.raises(UnsupportedFormat):
        is_gzip("br")


@given(members=st.lists(st.binary(max_size=200), min_size=1, max_size=3), step=st.integers(1, 50))
def test_gzip_of_any_members_in_any_pieces(members: list[bytes], step: int) -> None:
    packed = b"".join(map(gzip.compress, members))
    unpacker, unpacked = Gunzip(), b""
    for start in range(0, len(packed), step):
        unpacked += b"".join(unpacker.feed(packed[start : start + step]))
    unpacker.finish()
    assert unpacked == b"".join(members)


def test_a_bomb_unfolds_in_bounded_pieces() -> None:
    pieces = Gunzip().feed(gzip.compress(b"0" * 20_000_000))
    assert max(map(len, pieces)) <= 1 << 20


def test_a_limit_counts_what_comes_out() -> None:
    limit = Limit(5)
    assert limit.count(b"12345") == b"12345"
    with pytest.raises(TooLarge):
        limit.count(b"6")


@pytest.mark.parametrize("data", [b"phone,timezone\n", b"\x1f\x8b\x08garbage"])
def test_what_is_not_gzip_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        list(Gunzip().feed(data))


def test_gzip_that_ends_too_early_is_refused() -> None:
    unpacker = Gunzip()
    list(unpacker.feed(gzip.compress(b"phone,timezone\n")[:-4]))
    with pytest.raises(Invalid):
        unpacker.finish()


@given(pieces=st.lists(st.binary(max_size=30)))
def test_chunks_are_all_of_one_size(pieces: list[bytes]) -> None:
    chunks = Chunks(7)
    cut = [chunk for piece in pieces for chunk in chunks.feed(piece)]
    assert all(len(chunk) == 7 for chunk in cut)
    assert b"".join(cut) + chunks.rest() == b"".join(pieces)
