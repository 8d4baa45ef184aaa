"""What sets a mailing going, and what stops it."""

import click

from carillon.cli.output import show_json
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.models.mailings import Mailing, Stopped


@click.command()
@click.argument("mailing", type=int)
@common_options
@pass_setup
def launch(setup: Setup, mailing: int) -> None:
    """Launch a mailing; look at its preview first."""
    with setup.connect() as carillon:
        _tell(setup, carillon.mailings.launch(mailing))


@click.command()
@click.argument("mailing", type=int)
@common_options
@pass_setup
def pause(setup: Setup, mailing: int) -> None:
    """Pause a mailing: within a second no call begins any more."""
    with setup.connect() as carillon:
        _tell_stopped(setup, carillon.mailings.pause(mailing))


@click.command()
@click.argument("mailing", type=int)
@common_options
@pass_setup
def resume(setup: Setup, mailing: int) -> None:
    """Resume a paused mailing: exactly the rest is sent."""
    with setup.connect() as carillon:
        _tell(setup, carillon.mailings.resume(mailing))


@click.command()
@click.argument("mailing", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_setup
def cancel(setup: Setup, mailing: int, yes: bool) -> None:
    """Cancel a mailing: whoever has not got it does not get it."""
    if not yes:
        click.confirm(f"Cancel mailing {mailing} for good?", abort=True, err=True)
    with setup.connect() as carillon:
        _tell_stopped(setup, carillon.mailings.cancel(mailing))


def _tell(setup: Setup, mailing: Mailing) -> None:
    if setup.as_json:
        show_json(mailing)
    else:
        click.echo(f"Mailing {mailing.id} is {mailing.state}, revision {mailing.revision}.")


def _tell_stopped(setup: Setup, stopped: Stopped) -> None:
    _tell(setup, stopped)
    if not setup.as_json:
        click.echo(stop_told(stopped))


def stop_told(stopped: Stopped) -> str:
    if not stopped.stop_confirmed:
        return "The senders hear of it as soon as the broker answers."
    if stopped.in_flight is None:
        return "No new call begins; nobody can tell how many are under way."
    return f"No new call begins; {stopped.in_flight} are under way."


COMMANDS = {"launch": launch, "pause": pause, "resume": resume, "cancel": cancel}
