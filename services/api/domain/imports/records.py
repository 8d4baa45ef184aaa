"""Where one record of a file ends and the next begins, in bytes that arrive in pieces.

However the bytes are cut, the same records come out. A record is a line; in CSV it is several when
a quoted cell holds line breaks. Nothing longer than LONGEST_RECORD is looked at, so one quotation
mark too many costs the line it stands in and not the rest of the file: a quoted cell that does not
end properly within that length is a fault of its first line, and reading goes on with the second.

``end`` of a record is the offset behind it in the whole file: where reading can be taken up again.
"""

import csv
from collections.abc import Iterator
from typing import NamedTuple, Protocol

LONGEST_RECORD = 64 * 1024

_NEWLINE = b"\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # spreadsheets put it in front of the first line


class Fault(NamedTuple):
    """Why a record cannot be taken; ``field`` is None when it is about the record as a whole."""

    field: str | None
    reason: str


TOO_LONG = Fault(None, f"The row is longer than {LONGEST_RECORD // 1024} KB.")
NOT_UTF8 = Fault(None, "The row is not text in UTF-8.")
BROKEN_QUOTES = Fault(None, "A quotation mark is missing or stands where it cannot.")


class Record(NamedTuple):
    content: list[str] | str | Fault
    end: int


class Cut(NamedTuple):
    """What a format makes of the bytes from the start of a record; ``end`` is in the buffer."""

    content: list[str] | str | Fault
    end: int


class Format(Protocol):
    def cut(self, buffer: bytes, start: int, line_end: int, *, final: bool) -> Cut | None:
        """The record whose first line is ``buffer[start:line_end]``; None if more is needed."""
        ...


class RecordReader:
    """Cuts a file into records. ``offset`` is where in the file the first bytes given stand."""

    def __init__(self, format_: Format, offset: int = 0) -> None:
        self._format = format_
        self._buffer = b""
        self._start = 0
        self._offset = offset
        self._skipping = False

    def feed(self, data: bytes, *, final: bool) -> Iterator[Record]:
        """The records that are complete with ``data``; ``final`` says that nothing comes after.

        The iterator must be used up before the next call.
        """
        self._offset += self._start
        self._buffer = self._buffer[self._start :] + data
        self._start = 0
        while (cut := self._next(final=final)) is not None:
            self._start = cut.end
            if cut.content:
                yield Record(cut.content, self._offset + cut.end)

    def _next(self, *, final: bool) -> Cut | None:
        start, buffer = self._start, self._buffer
        newline = buffer.find(_NEWLINE, start)
        if newline < 0:
            if not final:
                self._drop_overlong()
                return None
            newline = len(buffer)
        if self._skipping:
            self._skipping = False
            return Cut(TOO_LONG, min(newline + 1, len(buffer)))
        if start == len(buffer):
            return None
        if newline - start > LONGEST_RECORD:
            return Cut(TOO_LONG, min(newline + 1, len(buffer)))
        if self._offset + start == 0 and buffer.startswith(_BYTE_ORDER_MARK):
            start += len(_BYTE_ORDER_MARK)
        return self._format.cut(buffer, start, newline, final=final)

    def _drop_overlong(self) -> None:
        """Keeps memory flat while the end of a line that is too long has not come yet."""
        if self._skipping or len(self._buffer) - self._start > LONGEST_RECORD:
            self._skipping = True
            self._start = len(self._buffer)


class Lines:
    """A record is a line (NDJSON)."""

    def cut(self, buffer: bytes, start: int, line_end: int, *, final: bool) -> Cut:  # noqa: ARG002
        return Cut(_text(buffer[start:line_end]), _behind(buffer, line_end))


class CsvRows:
    """A record is a row of cells, separated by commas, quoted as RFC 4180 says."""

    def cut(self, buffer: bytes, start: int, line_end: int, *, final: bool) -> Cut | None:
        text = _text(buffer[start:line_end])
        if isinstance(text, Fault) or not text:
            return Cut(text, _behind(buffer, line_end))
        if '"' not in text:  # nearly every row there is, at a tenth of the cost
            return Cut(text.split(","), _behind(buffer, line_end))
        return _quoted(buffer, start, line_end, final=final)


def _quoted(buffer: bytes, start: int, line_end: int, *, final: bool) -> Cut | None:
    lines = _FollowingLines(buffer, start, final=final)
    try:
        cells = next(csv.reader(lines, strict=True))
    except (csv.Error, StopIteration, UnicodeDecodeError):
        return None if lines.more_needed else Cut(BROKEN_QUOTES, _behind(buffer, line_end))
    return Cut(cells, lines.position)


class _FollowingLines:
    """The lines from ``start`` on, as far as one record may reach."""

    def __init__(self, buffer: bytes, start: int, *, final: bool) -> None:
        self._buffer = buffer
        self._limit = start + LONGEST_RECORD
        self._final = final
        self.position = start
        self.more_needed = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        end = _behind(self._buffer, self._buffer.find(_NEWLINE, self.position))
        if end == 0 and self._final:
            end = len(self._buffer)
        if end == 0 or end > self._limit or end == self.position:
            self.more_needed = not self._final and len(self._buffer) <= self._limit
            raise StopIteration
        line = self._buffer[self.position : end].decode()
        self.position = end
        return line


def _behind(buffer: bytes, newline: int) -> int:
    """The start of the next line; 0 when there was no newline to find."""
    return min(newline + 1, len(buffer))


def _text(line: bytes) -> str | Fault:
    """A blank line is an empty text, which is no record."""
    try:
        text = line.decode().rstrip("\r")
        return "" if text.isspace() else text
    except UnicodeDecodeError:
        return NOT_UTF8
