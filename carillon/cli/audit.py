"""What was done by whom."""

import json

import click

from carillon.cli import times
from carillon.cli.output import first, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup


@click.command()
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def audit(setup: Setup, limit: int) -> None:
    """Show what was done by whom, newest first."""
    with setup.connect() as carillon:
        found = list(first(carillon.audit.list(), limit))
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
