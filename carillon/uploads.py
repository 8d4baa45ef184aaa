"""Files on their way to the server: read piece by piece, packed as they go."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

PIECE = 1 << 18  # 256 KiB: large enough for the network, small enough for memory
_GZIP = 16 + zlib.MAX_WBITS

# By the ends of names; each may be followed by .gz.
FORMATS = {
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """``open`` is called for every try. ``is_packed``: it is gzip as it is.

    ``on_read`` is told how many bytes of the file were taken, each time some were.
    """

    open: Callable[[], AbstractContextManager[BinaryIO]]
    content_type: str
    is_packed: bool = False
    on_read: Callable[[int], None] | None = None

    def pieces(self) -> Iterator[bytes]:
        """What goes over the wire: always gzip."""
        packer = None if self.is_packed else zlib.compressobj(level=1, wbits=_GZIP)
        with self.open() as file:
            while data := file.read(PIECE):
                if self.on_read is not None:
                    self.on_read(len(data))
                packed = data if packer is None else packer.compress(data)
                if packed:
                    yield packed
        if packer is not None:
            yield packer.flush()


def of_path(
    path: str | PathLike[str],
    content_type: str | None = None,
    on_read: Callable[[int], None] | None = None,
) -> Upload:
    """Raises ValueError when the name does not tell what is in the file, and nobody else does."""
    file = Path(path)
    is_packed = file.suffix == ".gz"
    known = content_type or content_type_of(file.with_suffix("").name if is_packed else file.name)
    return Upload(lambda: file.open("rb"), known, is_packed, on_read)


def content_type_of(name: str) -> str:
    for end, content_type in FORMATS.items():
        if name.lower().endswith(end):
            return content_type
    raise ValueError(f"{name!r} does not end in {', '.join(FORMATS)} (or one of them and .gz).")
