"""Reads the rows of a file from its bytes, from the start or from where a batch ended."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from services.api.domain.imports import objects
from services.api.domain.imports.columns import BadHeader, Columns
from services.api.domain.imports.options import CHARACTER, Options
from services.api.domain.imports.progress import ImportFormat
from services.api.domain.imports.records import (
    Content,
    CsvRows,
    Fault,
    Lines,
    Record,
    RecordReader,
)
from services.api.domain.imports.rows import ImportRow, RowBlock, RowFault

_NO_OPTIONS = Options()


class RowReader(Protocol):
    def feed(self, data: bytes, *, final: bool) -> Iterator[RowBlock]:
        """The rows complete with ``data``.

        Raises BadHeader when the file as a whole cannot be read.
        """
        ...


class Header(NamedTuple):
    """Of a CSV: its columns, and by which character its cells are separated."""

    columns: Columns
    delimiter: str


def header_of(
    format_: ImportFormat, first_chunk: bytes, *, final: bool, options: Options = _NO_OPTIONS
) -> Header | None:
    """None for a format without a header. Raises BadHeader."""
    if format_ is ImportFormat.NDJSON:
        return None
    told = options.delimiter
    delimiters = CHARACTER.values() if told is None else [CHARACTER[told]]
    records = {one: _first_record(first_chunk, one, final=final) for one in delimiters}
    # Of two that cut it alike the comma, which comes first.
    delimiter = max(records, key=lambda one: _cells(records[one]))
    return Header(_columns(records[delimiter], options), delimiter)


def rows_from(header: Header | None, offset: int, options: Options = _NO_OPTIONS) -> RowReader:
    """A reader of rows. The first bytes it is fed stand at ``offset`` in the file.

    At offset 0 a CSV still begins with its header, which is passed over.
    """
    if header is None:
        return _ObjectReader(offset, guess_timezone=options.guess_timezone)
    return _CellReader(header, offset)


class _CellReader:
    def __init__(self, header: Header, offset: int) -> None:
        self._columns = header.columns
        self._records = RecordReader(CsvRows(header.delimiter), offset)
        self._header_ahead = offset == 0

    def feed(self, data: bytes, *, final: bool) -> Iterator[RowBlock]:
        for contents, ends in self._records.blocks(data, final=final):
            first = 1 if self._header_ahead else 0
            self._header_ahead = False
            yield RowBlock(self._rows(contents[first:]), ends[first:])

    def _rows(self, contents: Sequence[Content]) -> list[ImportRow | RowFault]:
        cells = [content for content in contents if isinstance(content, list)]
        if len(cells) == len(contents):
            return self._columns.read_all(cells)
        rows = iter(self._columns.read_all(cells))
        return [next(rows) if isinstance(one, list) else _fault(one) for one in contents]


class _ObjectReader:
    def __init__(self, offset: int, *, guess_timezone: bool) -> None:
        self._records = RecordReader(Lines(), offset)
        self._row = partial(_object_row, guess_timezone=guess_timezone)

    def feed(self, data: bytes, *, final: bool) -> Iterator[RowBlock]:
        for contents, ends in self._records.blocks(data, final=final):
            yield RowBlock(list(map(self._row, contents)), ends)


def _object_row(content: Content, *, guess_timezone: bool) -> ImportRow | RowFault:
    if not isinstance(content, str):
        return _fault(content)
    try:
        return objects.read(content, guess_timezone=guess_timezone)
    except RowFault as fault:
        return fault


def _fault(content: Content) -> RowFault:
    return RowFault(*content) if isinstance(content, Fault) else RowFault(None, "It is no row.")


def _first_record(first_chunk: bytes, delimiter: str, *, final: bool) -> Record:
    for record in RecordReader(CsvRows(delimiter)).feed(first_chunk, final=final):
        return record
    raise BadHeader(None, "The file is empty: its first row must name the columns.")


def _cells(record: Record) -> int:
    """What cannot be cut is one."""
    return len(record.content) if isinstance(record.content, list) else 1


def _columns(record: Record, options: Options) -> Columns:
    if isinstance(record.content, list):
        guess = options.guess_timezone
        return Columns(record.content, options.names, guess_timezone=guess)
    reason = record.content.reason if isinstance(record.content, Fault) else "It is not CSV."
    raise BadHeader(None, f"The header cannot be read. {reason}")
