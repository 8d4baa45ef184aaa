"""Who is sent nothing."""

import click

from carillon.cli import times
from carillon.cli.clients import client_id
from carillon.cli.output import first, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.errors import NotFound


@click.group()
def blocks() -> None:
    """List, make and lift blocks: who is blocked is sent nothing."""


@blocks.command("list")
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def list_(setup: Setup, limit: int) -> None:
    """Newest first."""
    with setup.connect() as carillon:
        found = list(first(carillon.blocks.list(), limit))
    if setup.as_json:
        for one in found:
            show_json(one)
        return
    rows = [
        (one.id, one.client_id, times.utc(one.created_at), one.source, one.reason) for one in found
    ]
    show_table(("ID", "CLIENT", "SINCE", "SOURCE", "REASON"), rows)


@blocks.command("add")
@click.argument("client")
@click.option("--reason")
@common_options
@pass_setup
def add(setup: Setup, client: str, reason: str | None) -> None:
    """CLIENT is an id, or a phone that begins with +. What is under way to them is stopped."""
    with setup.connect() as carillon:
        made = carillon.blocks.create(client_id=client_id(carillon, client), reason=reason)
    if setup.as_json:
        show_json(made)
    else:
        click.echo(f"Client {made.client_id} is blocked.")


@blocks.command("lift")
@click.argument("client")
@common_options
@pass_setup
def lift(setup: Setup, client: str) -> None:
    """CLIENT is an id, or a phone that begins with +. Later waves reach them again."""
    with setup.connect() as carillon:
        wanted = client_id(carillon, client)
        for block in carillon.blocks.list(client_id=wanted):
            carillon.blocks.lift(block.id)
            return
    raise NotFound(f"Client {wanted} is not blocked.", status=404)


COMMANDS = {"blocks": blocks}
