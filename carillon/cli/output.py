"""How answers are shown: as lines for people, or one JSON document a line for programs."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TypeVar

import click

from carillon.downloads import Download, to_path
from carillon.models.base import Model
from carillon.pages import Pages

T = TypeVar("T")

# What a cell shows that has nothing to show.
NOTHING = "-"
LARGEST_PAGE = 500  # which the server takes


def show_json(value: Model) -> None:
    click.echo(value.model_dump_json(by_alias=True))


def show_fields(fields: Iterable[tuple[str, Any]]) -> None:
    """One below the other; those that say nothing are left out."""
    shown = [(name, str(value)) for name, value in fields if value not in (None, "", [])]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        first, *more = map(harmless, value.splitlines())
        click.echo(f"{click.style(name.ljust(width), dim=True)}  {first}")
        for line in more:
            click.echo(f"{' ' * width}  {line}")


def show_table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    head, *lines = aligned([heads, *rows])
    click.secho(head, bold=True)
    for line in lines:
        click.echo(line)


def aligned(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Columns as wide as their widest cell; numbers to the right. The first row has the heads."""
    cells = [[cell(value) for value in row] for row in rows]
    columns = zip(*rows, strict=True)
    is_number = [all(isinstance(one, int | float) for one in column[1:]) for column in columns]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
        for row in cells
    ]


def cell(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or NOTHING
    return harmless(" ".join(str(value).split()))


def harmless(text: str) -> str:
    """Without what would move a terminal's cursor or change its colours: names and texts are
    other people's."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def first(pages: Pages[T], limit: int) -> Iterator[T]:
    """As many as were asked for, in as few requests as can be; 0: all."""
    found = pages.sized(min(limit or LARGEST_PAGE, LARGEST_PAGE))
    return islice(found, limit or None)


output_option = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file to write."
)


def file_or_stdout(path: Path | None, accept: str) -> Download:
    return Download(_stdout, accept) if path is None else to_path(path, accept)


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    """What breaks off and is asked for again must not be printed twice: it is put by, on disk,
    until all of it is there."""
    with TemporaryFile() as kept:
        yield kept
        kept.seek(0)
        with click.open_file("-", "wb") as out:
            shutil.copyfileobj(kept, out)
