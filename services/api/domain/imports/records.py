"""Where one record of a file ends and the next begins, in bytes that arrive in pieces.

However the bytes are cut, the same records come out. A record is a line; in CSV it is several when
a quoted cell holds line breaks. Nothing longer than LONGEST_RECORD is looked at, so one quotation
mark too many costs the line it stands in and not the rest of the file: a quoted cell that does not
end properly within that length is a fault of its first line, and reading goes on with the second.

``end`` of a record is the offset behind it in the whole file: where reading can be taken up again.

Nearly every line of nearly every file is a record of its own: as long as no quotation mark comes,
many lines are cut at once. The first record of a file and whatever stands at a quotation mark is
cut by itself. Which way a record is cut makes no difference to what comes out.
"""

import csv
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol

LONGEST_RECORD = 64 * 1024
# Lines cut at once: a few hundred. Something odd in one of them costs time with all of them.
_AT_ONCE = 16 * 1024

_NEWLINE = b"\n"
_AND_NEWLINE = (1).__add__
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # spreadsheets put it in front of the first line


class Fault(NamedTuple):
    """Why a record cannot be taken; ``field`` is None when it is about the record as a whole."""

    field: str | None
    reason: str


TOO_LONG = Fault(None, f"The row is longer than {LONGEST_RECORD // 1024} KB.")
NOT_UTF8 = Fault(None, "The row is not text in UTF-8.")
BROKEN_QUOTES = Fault(None, "A quotation mark is missing or stands where it cannot.")


Content = list[str] | str | Fault


class Record(NamedTuple):
    content: Content
    end: int


class Block(NamedTuple):
    """Records that stand one after another, and the end of each."""

    contents: Sequence[Content]
    ends: Sequence[int]


class Cut(NamedTuple):
    """What a format makes of the bytes from the start of a record; ``end`` is in the buffer."""

    content: Content
    end: int


class Format(Protocol):
    def cut(self, buffer: bytes, start: int, line_end: int, *, final: bool) -> Cut | None:
        """The record whose first line is ``buffer[start:line_end]``; None if more is needed."""
        ...

    def simple_until(self, buffer: bytes, start: int, limit: int) -> int:
        """Up to where each line that is complete is a record of its own."""
        ...

    def contents(self, lines: Sequence[str]) -> Sequence[Content]:
        """Of such lines."""
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
        for block in self.blocks(data, final=final):
            yield from map(Record, block.contents, block.ends)

    def blocks(self, data: bytes, *, final: bool) -> Iterator[Block]:
        """The same, many at a time."""
        self._offset += self._start
        self._buffer = self._buffer[self._start :] + data
        self._start = 0
        while True:
            if (lines := self._simple_lines()) is not None:
                yield lines
            elif (cut := self._next(final=final)) is not None:
                self._start = cut.end
                if cut.content:
                    yield Block((cut.content,), (self._offset + cut.end,))
            else:
                return

    def _simple_lines(self) -> Block | None:
        """The next lines, if they are records by themselves. None is too long: together they are
        not."""
        start, buffer = self._start, self._buffer
        if self._skipping or self._offset + start == 0:
            return None
        limit = min(start + _AT_ONCE, len(buffer))
        until = self._format.simple_until(buffer, start, limit)
        end = _behind(buffer, buffer.rfind(_NEWLINE, start, until))
        if end == 0:
            return None
        lines = buffer[start : end - 1].split(_NEWLINE)
        ends = accumulate(map(_AND_NEWLINE, map(len, lines)), initial=self._offset + start)
        self._start = end
        return self._block(lines, _decoded(buffer[start : end - 1]), list(ends)[1:])

    def _block(
        self, lines: Sequence[bytes], texts: Sequence[str] | None, ends: Sequence[int]
    ) -> Block:
        if texts is not None and "" not in texts and not any(map(str.isspace, texts)):
            return Block(self._format.contents(texts), ends)
        one_by_one = zip(map(_text, lines), ends, strict=True)
        kept = [(text, end) for text, end in one_by_one if text]
        contents: list[Content] = []
        for text, _ in kept:
            contents += [text] if isinstance(text, Fault) else self._format.contents([text])
        return Block(contents, [end for _, end in kept])

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

    def simple_until(self, buffer: bytes, start: int, limit: int) -> int:  # noqa: ARG002
        return limit

    def contents(self, lines: Sequence[str]) -> Sequence[str]:
        return lines


class CsvRows:
    """A record is a row of cells, separated by commas or the like, quoted as RFC 4180 says."""

    def __init__(self, delimiter: str = ",") -> None:
        self._delimiter = delimiter

    def cut(self, buffer: bytes, start: int, line_end: int, *, final: bool) -> Cut | None:
        text = _text(buffer[start:line_end])
        if isinstance(text, Fault) or not text:
            return Cut(text, _behind(buffer, line_end))
        if '"' not in text:  # nearly every row there is, at a tenth of the cost
            return Cut(text.split(self._delimiter), _behind(buffer, line_end))
        return self._quoted(buffer, start, line_end, final=final)

    def simple_until(self, buffer: bytes, start: int, limit: int) -> int:
        quote = buffer.find(b'"', start, limit)
        return limit if quote < 0 else quote

    def contents(self, lines: Sequence[str]) -> Sequence[list[str]]:
        return [line.split(self._delimiter) for line in lines]

    def _quoted(self, buffer: bytes, start: int, line_end: int, *, final: bool) -> Cut | None:
        lines = _FollowingLines(buffer, start, final=final)
        try:
            cells = next(csv.reader(lines, strict=True, delimiter=self._delimiter))
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


def _decoded(block: bytes) -> Sequence[str] | None:
    """Its lines as texts; None when not all of them are."""
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return None
    texts = text.split("\n")
    return [line.rstrip("\r") for line in texts] if "\r" in text else texts
