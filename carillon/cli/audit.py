"""What was done by whom."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from carillon.cli import times
from carillon.cli.output import file_or_stdout, first, output_option, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup


def _instant(
    _ctx: click.Context, _parameter: click.Parameter, written: str | None
) -> datetime | None:
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(f"{written!r} is not such as 2027-03-01T10:00Z, with an offset.")
    return at


@click.command()
@click.option("--user", "user_id", type=int, help="By the id of who did it.")
@click.option("--action", metavar="ACTION", help="Such as mailings.launch.")
@click.option("--subject", help="Such as mailings/7 or clients/12.")
@click.option(
    "--from", "since", metavar="INSTANT", callback=_instant, help="At this instant or later."
)
@click.option("--to", "until", metavar="INSTANT", callback=_instant, help="Before this instant.")
@click.option("--csv", "as_csv", is_flag=True, help="All of it, as CSV.")
@output_option
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def audit(setup: Setup, /, as_csv: bool, output: Path | None, limit: int, **wanted: Any) -> None:
    """Show what was done by whom, newest first. With --csv or -o: all that matches, as a file."""
    if as_csv or output is not None:
        with setup.connect() as carillon:
            carillon.audit.export(file_or_stdout(output, "text/csv"), **wanted)
        return
    with setup.connect() as carillon:
        found = list(first(carillon.audit.list(**wanted), limit))
    if setup.as_json:
        for entry in found:
            show_json(entry)
        return
    rows = [
        (
            *(times.utc(one.at), one.user and (one.user.email or one.user.id), one.address),
            *(one.action, one.subject, json.dumps(one.facts, ensure_ascii=False)),
        )
        for one in found
    ]
    show_table(("AT", "WHO", "FROM", "WHAT", "TO", "FACTS"), rows)


COMMANDS = {"audit": audit}
