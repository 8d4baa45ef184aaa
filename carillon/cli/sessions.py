"""Who asks."""

import sys
from contextlib import suppress

import click

from carillon.cli.keeping import FileKeeper
from carillon.cli.output import show_fields, show_json
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.errors import Unauthorized
from carillon.models.users import User
from carillon.tokens import Tokens


@click.command()
@click.option("--email", help="Asked for when it is left out.")
@click.option("--token", "by_token", is_flag=True, help="With an API token, which is asked for.")
@common_options
@pass_setup
def login(setup: Setup, email: str | None, by_token: bool) -> None:
    """Begin a session; it is kept for the commands to come, and renewed as long as they come.

    What is secret is asked for without being shown, or read from standard input.
    """
    keeper = FileKeeper(setup.address)
    if by_token:
        tokens = Tokens(_secret("API token"))
        with setup.open(token=tokens.access_token) as carillon:
            user = carillon.auth.me()
        keeper.save(tokens)
    else:
        email = email or click.prompt("E-mail", err=True)
        with setup.open(keeper=keeper) as carillon:
            carillon.log_in(email, _secret("Password"))
            user = carillon.auth.me()
    _greet(setup, user)


@click.command()
@common_options
@pass_setup
def logout(setup: Setup) -> None:
    """End the session, and forget it here. An API token is only forgotten."""
    keeper = FileKeeper(setup.address)
    tokens = keeper.load()
    if tokens is not None and tokens.refresh_token is not None:
        # One that has ended by itself is as good as ended.
        with setup.open(keeper=keeper) as carillon, suppress(Unauthorized):
            carillon.auth.logout()
    keeper.save(None)


@click.command()
@common_options
@pass_setup
def whoami(setup: Setup) -> None:
    """Show who asks, and what they may do."""
    with setup.connect() as carillon:
        user = carillon.auth.me()
    if setup.as_json:
        show_json(user)
        return
    show_fields(
        [
            ("server", setup.address),
            ("e-mail", user.email),
            ("role", user.role),
            ("may launch", "yes" if user.may_launch else "no"),
            ("departments", ", ".join(map(str, user.departments))),
            ("rights", ", ".join(user.rights)),
        ]
    )


def _secret(name: str) -> str:
    if sys.stdin.isatty():
        secret: str = click.prompt(name, hide_input=True, err=True)
        return secret
    return sys.stdin.readline().rstrip("\n")


def _greet(setup: Setup, user: User) -> None:
    if setup.as_json:
        show_json(user)
    else:
        click.echo(f"Logged in to {setup.address} as {user.email} ({user.role}).")


COMMANDS = {"login": login, "logout": logout, "whoami": whoami}
