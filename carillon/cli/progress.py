"""How far a mailing is: as a line, and as a table that is drawn anew."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carillon.models.mailings import MailingState
from carillon.models.statistics import MailingStatistics, Status, ZoneStatistics

if TYPE_CHECKING:
    from rich.table import Table

OPEN = (Status.WAITING, Status.PLANNED, Status.QUEUED, Status.RETRYING)
_COLOURS = {
    Status.SENT: "green",
    Status.DELIVERED: "green",
    Status.FAILED: "red",
    Status.UNDELIVERED: "red",
    Status.UNKNOWN: "yellow",
    Status.RETRYING: "yellow",
}
_WIDTH = 40

Counts = Mapping[Status, int]


def is_over(books: MailingStatistics) -> bool:
    """Finished; or cancelled, and what was under way is at an end, too."""
    if books.state is MailingState.CANCELLED:
        return left(books.by_status) == 0
    return books.state is MailingState.FINISHED


def left(by_status: Counts) -> int:
    return sum(by_status.get(status, 0) for status in OPEN)


def line(books: MailingStatistics, *, zones: bool) -> str:
    ended = books.audience - left(books.by_status)
    told = [
        f"{books.state} {ended}/{books.audience}",
        *(f"{status} {count}" for status, count in books.by_status.items() if count),
        f"{books.rate_per_second:.1f}/s",
        f"{books.in_flight} in flight",
    ]
    if zones:
        told += map(_zone_told, books.by_zone)
    return "  ".join(told)


def bar(by_status: Counts, audience: int, width: int = _WIDTH) -> list[tuple[Status, int]]:
    """How many cells each status has: one if it is there at all; together they fill it."""
    counts = {status: count for status, count in by_status.items() if count}
    if not audience or not counts:
        return []
    cells = {status: max(1, count * width // audience) for status, count in counts.items()}
    largest = max(cells, key=lambda status: cells[status])
    cells[largest] += width - sum(cells.values())
    return list(cells.items())


def table(books: MailingStatistics, *, zones: bool) -> "Table":
    from rich.table import Table

    shown = Table(box=None, show_header=zones, pad_edge=False)
    for name in ("", "audience", "left", "", "by status"):
        shown.add_column(name)
    heading = f"[bold]{books.state}[/]  {books.rate_per_second:.1f}/s, {books.in_flight} in flight"
    shown.add_row(heading, *_row(books.audience, books.by_status))
    for zone in books.by_zone if zones else ():
        shown.add_row(zone.timezone, *_row(zone.audience, zone.by_status))
    return shown


def _row(audience: int, by_status: Counts) -> tuple[str, str, str, str]:
    colours = ((_COLOURS.get(status, "blue"), n) for status, n in bar(by_status, audience))
    drawn = "".join(f"[{colour}]{'━' * n}[/]" for colour, n in colours)
    told = ", ".join(f"{status} {count}" for status, count in by_status.items() if count)
    return str(audience), str(left(by_status)), drawn, told


def _zone_told(zone: ZoneStatistics) -> str:
    return f"{zone.timezone} {zone.audience - left(zone.by_status)}/{zone.audience}"
