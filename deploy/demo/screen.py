"""What the demo shows: one screen while it runs, tables at the end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from deploy.demo.verdict import ANSWER_LOST, ARRIVED, Verdict

OPEN = ("waiting", "planned", "queued", "retrying")
NEXT_ZONES = 6
SHOWN_ZONES = 3
COLOURS = {
    "sent": "green",
    "delivered": "green",
    "failed": "red",
    "unknown": "magenta",
} | dict.fromkeys(OPEN, "cyan")


def frame(statistics: Mapping[str, Any], now: datetime) -> RenderableType:
    """One picture of the running mailing."""
    return Group(_headline(statistics), _statuses(statistics), _next_zones(statistics, now))


def line(statistics: Mapping[str, Any], now: datetime) -> str:
    """The same in one line, where there is no terminal."""
    counts = ", ".join(f"{status} {n}" for status, n in statistics["by_status"].items() if n)
    coming = closed_zones(statistics, now)
    waits = ""
    if coming:
        zone = coming[0]
        opens = parse_instant(zone["opens_at"]).astimezone(ZoneInfo(zone["timezone"]))
        waits = (
            f"; {len(coming)} zones still closed, next {zone['timezone']} at {opens:%H:%M} local"
        )
    return f"{statistics['state']}: {counts or 'being planned'} ({_rate(statistics)}){waits}"


def closed_zones(statistics: Mapping[str, Any], now: datetime) -> list[Mapping[str, Any]]:
    """The zones that will open later, the next one first."""
    coming = [
        zone
        for zone in statistics["by_zone"]
        if zone["opens_at"] is not None and parse_instant(zone["opens_at"]) > now
    ]
    return sorted(coming, key=lambda zone: (zone["opens_at"], zone["timezone"]))


def reasons_table(messages: Iterable[Mapping[str, Any]]) -> Table:
    """Why messages did not arrive, with the zones it happened in."""
    zones: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for message in messages:
        if message["status"] not in ARRIVED:
            why = (message["status"], message["reason"] or "")
            zones[why][message["timezone"]] += 1
    table = Table(title="What did not arrive, and why", title_justify="left")
    for name in ("status", "reason", "messages", "zones"):
        table.add_column(name, justify="right" if name == "messages" else "left")
    for (status, reason), where in sorted(zones.items()):
        names = sorted(where)
        more = f" and {len(names) - SHOWN_ZONES} more" if len(names) > SHOWN_ZONES else ""
        table.add_row(status, reason, str(where.total()), ", ".join(names[:SHOWN_ZONES]) + more)
    return table


def provider_table(verdict: Verdict, by_answer: Mapping[str, int]) -> Table:
    """What the provider counted."""
    table = Table(title="What the provider counted", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("calls", f"{verdict.calls:,}")
    for answer, count in by_answer.items():
        table.add_row(f"  answered {answer}", f"{count:,}")
    table.add_row("accepted", f"{verdict.accepted:,}")
    table.add_row("  distinct messages", f"{verdict.distinct:,}")
    table.add_row("  repeats", f"{verdict.repeats:,}")
    for answer, count in verdict.repeats_after.items():
        table.add_row(f"    after {answer}", f"{count:,}")
    return table


def books_table(statistics: Mapping[str, Any]) -> Table:
    """The final books."""
    table = Table(title="The books", title_justify="left")
    table.add_column("status")
    table.add_column("messages", justify="right")
    for status, count in statistics["by_status"].items():
        table.add_row(Text(status, COLOURS.get(status, "")), f"{count:,}")
    table.add_section()
    table.add_row("sum", f"{sum(statistics['by_status'].values()):,}")
    table.add_row("audience", f"{statistics['audience']:,}")
    return table


def conclusion(verdict: Verdict) -> list[str]:
    """The last sentences, in rich's markup."""
    if verdict.complaints:
        return [
            *(f"[red]{complaint}[/]" for complaint in verdict.complaints),
            "[bold red]The books do not agree.[/]",
        ]
    lost = f" + {verdict.lost_answers} whose answer was lost" if verdict.lost_answers else ""
    return [
        f"{verdict.repeats} repeats: {explained(verdict)}.",
        f"[bold green]The books balance: provider distinct {verdict.distinct:,} ="
        f" sent {verdict.arrived:,}{lost}.[/]",
    ]


def explained(verdict: Verdict) -> str:
    """Where the repeats come from."""
    after = verdict.repeats_after
    lost = sum(count for answer, count in after.items() if answer in ANSWER_LOST)
    confirmed = sum(after.values()) - lost
    parts = [f"{lost} because the provider's answer was lost"] if lost else []
    if confirmed:
        parts.append(
            f"{confirmed} although it was given (calls in flight when a sender ended or gave up)"
        )
    return ", ".join(parts) or "none to explain"


def parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _headline(statistics: Mapping[str, Any]) -> RenderableType:
    done = sum(n for status, n in statistics["by_status"].items() if status not in OPEN)
    row = Table.grid(padding=(0, 2))
    row.add_row(
        Text(statistics["state"], "bold"),
        ProgressBar(total=max(1, statistics["audience"]), completed=done, width=40),
        f"{done:,} of {statistics['audience']:,}",
        _rate(statistics),
        f"{statistics['in_flight']} in flight",
    )
    return row


def _statuses(statistics: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2))
    shown = {status: n for status, n in statistics["by_status"].items() if n}
    for status in shown:
        table.add_column(Text(status, COLOURS.get(status, "")), justify="right")
    table.add_row(*(f"{n:,}" for n in shown.values()))
    return table


def _next_zones(statistics: Mapping[str, Any], now: datetime) -> RenderableType:
    coming = closed_zones(statistics, now)
    if not statistics["by_zone"]:
        return Text("Being planned.", "dim")
    if not coming:
        return Text("Every zone that can open is open.", "dim")
    table = Table(title=f"Zones still closed: {len(coming)}", title_justify="left", box=None)
    for name in ("zone", "clients", "local time now", "opens at", "in"):
        table.add_column(name, justify="left" if name == "zone" else "right")
    for zone in coming[:NEXT_ZONES]:
        opens, place = parse_instant(zone["opens_at"]), ZoneInfo(zone["timezone"])
        table.add_row(
            zone["timezone"],
            str(zone["audience"]),
            f"{now.astimezone(place):%H:%M:%S}",
            f"{opens.astimezone(place):%H:%M}",
            f"{(opens - now).total_seconds():.0f} s",
        )
    return table


def _rate(statistics: Mapping[str, Any]) -> str:
    return f"{statistics['rate_per_second'] or 0:,.0f} messages/s"
