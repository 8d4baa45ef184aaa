"""Reads the rows of a file from its bytes, from the start or from where a batch ended."""

from collections.abc import Iterator
from typing import Protocol

from services.api.domain.imports import objects
from services.api.domain.imports.columns import BadHeader, Columns
from services.api.domain.imports.progress import ImportFormat
from services.api.domain.imports.records import CsvRows, Fault, Lines, Record, RecordReader
from services.api.domain.imports.rows import ImportRow, RowFault


class RowReader(Protocol):
    def feed(self, data: bytes, *, final: bool) -> Iterator[tuple[ImportRow | RowFault, int]]:
        """The rows complete with ``data``, each with the offset behind it.

        Raises BadHeader when the file as a whole cannot be read.
        """
        ...


def header_of(format_: ImportFormat, first_chunk: bytes, *, final: bool) -> Columns | None:
    """The columns of a CSV; None for a format without a header. Raises BadHeader."""
    if format_ is ImportFormat.NDJSON:
        return None
    for record in RecordReader(CsvRows()).feed(first_chunk, final=final):
        return _columns(record)
    raise BadHeader(None, "The file is empty: its first row must name the columns.")


def rows_from(columns: Columns | None, offset: int) -> RowReader:
    """A reader of rows. The first bytes it is fed stand at ``offset`` in the file.

    At offset 0 a CSV still begins with its header, which is passed over.
    """
    if columns is None:
        return _ObjectReader(offset)
    return _CellReader(columns, offset)


class _CellReader:
    def __init__(self, columns: Columns, offset: int) -> None:
        self._columns = columns
        self._records = RecordReader(CsvRows(), offset)
        self._header_ahead = offset == 0

    def feed(self, data: bytes, *, final: bool) -> Iterator[tuple[ImportRow | RowFault, int]]:
        read = self._columns.read
        for content, end in self._records.feed(data, final=final):
            if self._header_ahead:
                self._header_ahead = False
            elif isinstance(content, list):
                try:
                    yield read(content), end
                except RowFault as fault:
                    yield fault, end
            elif isinstance(content, Fault):
                yield RowFault(*content), end


class _ObjectReader:
    def __init__(self, offset: int) -> None:
        self._records = RecordReader(Lines(), offset)

    def feed(self, data: bytes, *, final: bool) -> Iterator[tuple[ImportRow | RowFault, int]]:
        for content, end in self._records.feed(data, final=final):
            if isinstance(content, str):
                try:
                    yield objects.read(content), end
                except RowFault as fault:
                    yield fault, end
            elif isinstance(content, Fault):
                yield RowFault(*content), end


def _columns(record: Record) -> Columns:
    if isinstance(record.content, list):
        return Columns(record.content)
    reason = record.content.reason if isinstance(record.content, Fault) else "It is not CSV."
    raise BadHeader(None, f"The header cannot be read. {reason}")
