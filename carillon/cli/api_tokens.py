"""API tokens, for programs."""

import click

from carillon.cli import times
from carillon.cli.output import first, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.models.users import Right


@click.group()
def tokens() -> None:
    """List, make and revoke API tokens, for programs."""


@tokens.command("list")
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def list_(setup: Setup, limit: int) -> None:
    """Those of one's own; what they are is never shown again."""
    with setup.connect() as carillon:
        found = list(first(carillon.auth.tokens(), limit))
    if setup.as_json:
        for one in found:
            show_json(one)
        return
    rows = [
        (one.id, one.name, one.scopes, times.utc(one.expires_at), times.utc(one.last_used_at))
        for one in found
    ]
    show_table(("ID", "NAME", "SCOPES", "EXPIRES", "LAST USED"), rows)


@tokens.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([right.value for right in Right]),
    help="What it opens; again for each.",
)
@click.option("--expires-at", help="2027-12-31T00:00Z; never, when it is left out.")
@common_options
@pass_setup
def create(setup: Setup, name: str, scopes: tuple[str, ...], expires_at: str | None) -> None:
    """Print a new token: this once, and alone on its line."""
    with setup.connect() as carillon:
        made = carillon.auth.create_token(name, scopes, expires_at=expires_at)
    if setup.as_json:
        show_json(made)
    else:
        click.echo(made.token)


@tokens.command("revoke")
@click.argument("token", type=int)
@common_options
@pass_setup
def revoke(setup: Setup, token: int) -> None:
    """Nothing is opened by it from now on; TOKEN is its id."""
    with setup.connect() as carillon:
        carillon.auth.revoke_token(token)


COMMANDS = {"tokens": tokens}
