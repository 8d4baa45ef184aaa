"""The one file in a multipart body, as it arrives."""

from collections.abc import AsyncIterator
from email.message import Message

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from services.api.domain.failures import FieldFault, Invalid


class MultipartFile:
    """Reads the body piece by piece; other fields of the form are passed over.

    ``filename`` and ``content_type`` are known once ``open`` returned; then iterate over the file.
    Both raise Invalid when the body is not a form with exactly one file.
    """

    def __init__(self, stream: AsyncIterator[bytes], boundary: str) -> None:
        self.filename = ""
        self.content_type = ""
        self._stream = stream
        self._pieces: list[bytes] = []
        self._files = 0
        self._in_file = self._ended = False
        self._header = self._value = b""
        self._headers = Message()
        self._parser = self._make_parser(boundary)

    async def open(self) -> None:
        async for data in self._stream:
            self._write(data)
            if self._files:
                return
        raise _invalid("There is no file in the form.")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._drain():
            yield piece
        async for data in self._stream:
            self._write(data)
            for piece in self._drain():
                yield piece
        if not self._ended:
            raise _invalid("The form ends too early.")

    def _make_parser(self, boundary: str) -> MultipartParser:
        try:
            return MultipartParser(
                boundary.encode(),
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._part_data,
                    "on_end": self._body_ends,
                },
            )
        except FormParserError:
            raise _invalid("The boundary of the form is missing or too long.") from None

    def _write(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError:
            raise _invalid("This is not a multipart form.") from None
        if self._files > 1:
            raise _invalid("There is more than one file in the form.")

    def _drain(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _part_begins(self) -> None:
        self._headers, self._in_file = Message(), False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._header.decode("latin-1")] = self._value.decode("latin-1")
        self._header = self._value = b""

    def _headers_end(self) -> None:
        filename = self._headers.get_filename()
        if filename is None:
            return
        self._files += 1
        self._in_file = True
        self.filename = filename
        self.content_type = self._headers.get("content-type", "")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._pieces.append(data[start:end])

    def _body_ends(self) -> None:
        self._ended = True


def boundary_of(content_type: str) -> str:
    """Empty when the header names none."""
    header = Message()
    header["content-type"] = content_type
    return str(header.get_param("boundary", ""))


def _invalid(reason: str) -> Invalid:
    return Invalid(FieldFault("body", reason))
