"""Changes of many clients, followed to their end."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

from carillon.cli import times
from carillon.cli.meters import meter
from carillon.cli.output import first, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.client import Carillon
from carillon.models.clients import Bulk, BulkAction, BulkState

F = TypeVar("F", bound=Callable[..., Any])

_EVERY = 0.3  # seconds between two looks
_DONE = {
    BulkAction.TAG: "tagged",
    BulkAction.UNTAG: "untagged",
    BulkAction.DELETE: "deleted",
}


@click.group()
def bulk() -> None:
    """Tag, untag and delete many clients at once."""


def _whom(command: F) -> F:
    command = click.option("--all", "everybody", is_flag=True, help="Everybody.")(command)
    for option, name in (
        ("--phone", "phones"),
        ("--timezone", "timezones"),
        ("--operator-code", "operator_codes"),
        ("--tag", "having"),
    ):
        command = click.option(option, name, multiple=True, help="Again for each.")(command)
    return command


def _how(command: F) -> F:
    command = click.option("--no-wait", is_flag=True, help="Only ask for it.")(command)
    return click.option("--dry-run", is_flag=True, help="Count; write nothing.")(command)


@bulk.command("tag")
@click.argument("tags", nargs=-1, required=True)
@_whom
@_how
@common_options
@pass_setup
def tag(setup: Setup, /, **given: Any) -> None:
    """Give TAGS to clients. Of several of one option any will do; all options must match."""
    _change(setup, BulkAction.TAG, **given)


@bulk.command("untag")
@click.argument("tags", nargs=-1, required=True)
@_whom
@_how
@common_options
@pass_setup
def untag(setup: Setup, /, **given: Any) -> None:
    """Take TAGS from clients, chosen as by `tag`."""
    _change(setup, BulkAction.UNTAG, **given)


@bulk.command("delete")
@_whom
@_how
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_setup
def delete(setup: Setup, /, yes: bool, **given: Any) -> None:
    """Delete clients, chosen as by `tag`: everything personal is wiped."""
    if not yes and not given["dry_run"]:
        with setup.connect() as carillon:
            counted = _follow(carillon, _start(carillon, BulkAction.DELETE, **_counting(given)))
        click.confirm(f"Delete {counted.changed} clients for good?", abort=True, err=True)
    _change(setup, BulkAction.DELETE, **given)


@bulk.command("list")
@click.option("--state", type=click.Choice([state.value for state in BulkState]))
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def list_(setup: Setup, state: Any, limit: int) -> None:
    """Newest first."""
    with setup.connect() as carillon:
        found = list(first(carillon.bulk.list(state=state), limit))
    if setup.as_json:
        for one in found:
            show_json(one)
        return
    rows = [
        (
            one.id,
            one.state,
            one.action,
            one.tags,
            one.matched,
            one.changed,
            times.utc(one.created_at),
        )
        for one in found
    ]
    show_table(("ID", "STATE", "WHAT", "TAGS", "MATCHED", "CHANGED", "ASKED FOR"), rows)


@bulk.command("get")
@click.argument("number", type=int)
@common_options
@pass_setup
def get(setup: Setup, number: int) -> None:
    """How far the one with this NUMBER is."""
    with setup.connect() as carillon:
        _tell(setup, carillon.bulk.get(number))


def _change(setup: Setup, action: BulkAction, no_wait: bool, **given: Any) -> None:
    with setup.connect() as carillon:
        number = _start(carillon, action, **given)
        done = carillon.bulk.get(number) if no_wait else _follow(carillon, number)
    _tell(setup, done)
    if done.state is BulkState.FAILED:
        raise SystemExit(1)


def _start(
    carillon: Carillon, action: BulkAction, everybody: bool, dry_run: bool, **given: Any
) -> int:
    """What goes together and what does not, the server says."""
    tags = given.pop("tags", ())
    lists = {"tags": given.pop("having"), **given}
    chosen = {name: list(values) for name, values in lists.items() if values}
    fields: Any = {"action": action, "dry_run": dry_run, "all": everybody}
    if tags:
        fields["tags"] = list(tags)
    if chosen:
        fields["filter"] = chosen
    return carillon.bulk.start(**fields).id


def _counting(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "no_wait"} | {"dry_run": True}


def _follow(carillon: Carillon, number: int) -> Bulk:
    with meter("Clients") as show:
        while (found := carillon.bulk.get(number)).state is BulkState.RUNNING:
            show(found.matched, None)
            time.sleep(_EVERY)
    return found


def _tell(setup: Setup, bulk: Bulk) -> None:
    if setup.as_json:
        show_json(bulk)
        return
    if bulk.state is BulkState.RUNNING:
        click.echo(f"Change {bulk.id} is under way: {bulk.changed} of {bulk.matched} clients.")
        return
    done = f"would be {_DONE[bulk.action]}" if bulk.dry_run else f"are {_DONE[bulk.action]}"
    click.echo(
        f"Change {bulk.id} {bulk.state}: {bulk.changed} of {bulk.matched} clients {done},"
        f" {bulk.unchanged} were so already."
    )
    if bulk.refused:
        click.echo(f"{bulk.refused} have too many tags for more.")


COMMANDS = {"bulk": bulk}
