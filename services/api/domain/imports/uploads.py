"""What an upload says it is, and how to unpack it piece by piece in flat memory."""

import zlib
from collections.abc import Iterator

from services.api.domain.failures import FieldFault, Invalid, TooLarge, UnsupportedFormat
from services.api.domain.imports.progress import ImportFormat

_FORMATS = {
    "text/csv": ImportFormat.CSV,
    "application/csv": ImportFormat.CSV,
    "application/vnd.ms-excel": ImportFormat.CSV,  # what browsers on Windows call a .csv file
    "application/x-ndjson": ImportFormat.NDJSON,
    "application/ndjson": ImportFormat.NDJSON,
    "application/jsonl": ImportFormat.NDJSON,
    "application/x-jsonlines": ImportFormat.NDJSON,
}
_SUFFIXES = {
    ".csv": ImportFormat.CSV,
    ".ndjson": ImportFormat.NDJSON,
    ".jsonl": ImportFormat.NDJSON,
}
_GZIP_WINDOW = 31  # zlib's word for: expect the header of gzip, not its own
_LARGEST_PIECE = 1 << 20


def format_of(content_type: str, filename: str = "") -> ImportFormat:
    """By the media type, else by the end of the file's name. Raises UnsupportedFormat."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _FORMATS:
        return _FORMATS[media_type]
    for suffix, format_ in _SUFFIXES.items():
        if filename.lower().removesuffix(".gz").endswith(suffix):
            return format_
    raise UnsupportedFormat(
        "An import is text/csv or application/x-ndjson, as the body or as one multipart file."
    )


def is_gzip(content_encoding: str, filename: str = "") -> bool:
    """Raises UnsupportedFormat on an encoding that we cannot undo."""
    encoding = content_encoding.strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return True
    if encoding not in ("", "identity"):
        raise UnsupportedFormat(f"Content-Encoding {encoding[:32]!r} is not known here; use gzip.")
    return filename.lower().endswith(".gz")


class Limit:
    """Counts the bytes that came out of an upload, however small it looked going in."""

    def __init__(self, most: int) -> None:
        self._left = self._most = most

    def count(self, data: bytes) -> bytes:
        """Raises TooLarge."""
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(f"An import has at most {self._most} bytes, decompressed.")
        return data


class Gunzip:
    """Unpacks gzip, of one member or several, never more than a piece at a time."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
        self._touched = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises Invalid when this is not gzip."""
        while data:
            self._touched = True
            yield self._unpack(data)
            data = self._unpacker.unconsumed_tail
            if self._unpacker.eof:
                data = self._unpacker.unused_data
                self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
                self._touched = False

    def finish(self) -> None:
        """Raises Invalid when the end is missing."""
        if self._touched:
            raise _not_gzip("The gzip data ends too early.")

    def _unpack(self, data: bytes) -> bytes:
        try:
            return self._unpacker.decompress(data, _LARGEST_PIECE)
        except zlib.error:
            raise _not_gzip("The body is not gzip, though Content-Encoding says so.") from None


class Chunks:
    """Collects bytes into chunks of exactly ``size``, so that an offset tells its chunk."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._collected = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._collected += data
        while len(self._collected) >= self._size:
            yield bytes(self._collected[: self._size])
            del self._collected[: self._size]

    def rest(self) -> bytes:
        return bytes(self._collected)


def _not_gzip(reason: str) -> Invalid:
    return Invalid(FieldFault("body", reason))
