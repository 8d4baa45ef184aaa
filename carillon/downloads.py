"""Files on their way from the server: written piece by piece, as they come."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Download:
    """``open`` is called for every try that is answered well, so what broke off is written over.

    ``accept``: the type of the file that is asked for.
    """

    open: Callable[[], AbstractContextManager[BinaryIO]]
    accept: str


def to_path(path: str | PathLike[str], accept: str) -> Download:
    file = Path(path)
    return Download(lambda: file.open("wb"), accept)
