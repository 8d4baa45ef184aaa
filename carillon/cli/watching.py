"""A mailing, followed to its end."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from carillon.cli.output import show_json
from carillon.cli.progress import is_over, line, table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.client import Carillon
from carillon.errors import NotReachable, Unavailable
from carillon.models.mailings import MailingState
from carillon.models.statistics import MailingStatistics

LONGEST_SILENCE = 60.0  # seconds: a gateway that is started anew is back by then

Show = Callable[[MailingStatistics], None]


@click.command()
@click.argument("mailing", type=int)
@click.option("--zones", is_flag=True, help="Zone by zone.")
@click.option("--every", default=1.0, show_default=True, help="Seconds between two looks.")
@common_options
@pass_setup
def watch(setup: Setup, mailing: int, zones: bool, every: float) -> None:
    """Follow MAILING until it has finished or was cancelled.

    A line for each change where there is no terminal, and with --json.
    """
    with setup.connect() as carillon:
        if carillon.mailings.get(mailing).state is MailingState.DRAFT:
            raise click.ClickException(f"Mailing {mailing} is a draft; launch it first.")
        with _screen(setup, zones) as show:
            for books in _looks(carillon, mailing, every):
                show(books)


def _looks(carillon: Carillon, mailing: int, every: float) -> Iterator[MailingStatistics]:
    """Until it is over. What is away for a while is waited for, as in a deploy; statistics as long
    as the gateway answers for them."""
    reached = time.monotonic()
    while True:
        try:
            books = carillon.mailings.statistics(mailing)
        except (Unavailable, NotReachable) as error:
            if isinstance(error, Unavailable):
                reached = time.monotonic()
            elif time.monotonic() - reached > LONGEST_SILENCE:
                raise
            click.echo(f"carillon: {error.detail}", err=True)
        else:
            reached = time.monotonic()
            yield books
            if is_over(books):
                return
        time.sleep(every)


@contextmanager
def _screen(setup: Setup, zones: bool) -> Iterator[Show]:
    if setup.as_json:
        yield _changes(show_json, lambda books: books.model_dump_json())
    elif sys.stdout.isatty():
        with _live(zones) as show:
            yield show
    else:
        yield _changes(lambda books: click.echo(line(books, zones=zones)), _standing)


@contextmanager
def _live(zones: bool) -> Iterator[Show]:
    from rich.live import Live

    with Live(auto_refresh=False) as live:
        yield lambda books: live.update(table(books, zones=zones), refresh=True)


def _changes(show: Show, key: Callable[[MailingStatistics], object]) -> Show:
    """What is as it was is not told again."""
    last: object = None

    def show_change(books: MailingStatistics) -> None:
        nonlocal last
        if (now := key(books)) != last:
            last = now
            show(books)

    return show_change


def _standing(books: MailingStatistics) -> object:
    """All that a line tells but the pace, which falls with every second that nothing is sent."""
    return books.state, books.by_status, books.in_flight


COMMANDS = {"watch": watch}
